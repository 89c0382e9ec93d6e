using System.Net.Http.Headers;
using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>Which header fields pass. Everything else stays behind: the room's own credentials, cookies, and what belongs to a connection.</summary>
internal static class BrokerHeaders
{
    private static readonly string[] ToProvider = ["accept", "user-agent", "x-app", "x-claude-code-session-id"];
    private static readonly string[] ToProviderByPrefix = ["anthropic-", "x-stainless-"];
    private static readonly string[] ToRoom = ["retry-after", "request-id", "x-should-retry"];
    private const string ToRoomByPrefix = "anthropic-ratelimit-", ContentType = "content-type";

    /// <summary>Copies what may pass from the room's request.</summary>
    /// <returns>Null, or why the request is refused.</returns>
    public static BrokerRefusal? Copy(RequestHead from, HttpRequestMessage to)
    {
        var ofConnection = from.Value("connection")?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (from.Count(ContentType) > 1) return BrokerRefusal.BadHeader(ContentType);
        foreach (var field in from.Fields)
        {
            var isContentType = field.Is(ContentType);
            if ((!isContentType && !Passes(field.Name)) || ofConnection.Contains(field.Name, StringComparer.OrdinalIgnoreCase)) continue;
            if (!Ascii.IsValid(field.Value)) return BrokerRefusal.BadHeader(field.Name);
            if (isContentType) to.Content!.Headers.TryAddWithoutValidation(ContentType, field.Value);
            else to.Headers.TryAddWithoutValidation(field.Name, field.Value);
        }
        // What is compressed cannot be counted as it passes.
        to.Headers.TryAddWithoutValidation("accept-encoding", "identity");
        return null;
    }

    /// <summary>What may pass from the provider's answer.</summary>
    public static IReadOnlyList<HttpField> Select(HttpResponseMessage from, Func<string, string> redact)
    {
        var fields = new List<HttpField>();
        AddTo(fields, from.Content.Headers, name => name.Equals(ContentType, StringComparison.OrdinalIgnoreCase), redact);
        AddTo(fields, from.Headers, name => ToRoom.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith(ToRoomByPrefix, StringComparison.OrdinalIgnoreCase), redact);
        return fields;
    }

    private static bool Passes(string name) =>
        ToProvider.Contains(name, StringComparer.OrdinalIgnoreCase) || ToProviderByPrefix.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static void AddTo(List<HttpField> fields, HttpHeaders from, Func<string, bool> passes, Func<string, string> redact)
    {
        foreach (var (name, values) in from.NonValidated)
        {
            if (!passes(name)) continue;
            foreach (var value in values)
            {
                if (HttpFields.IsValue(Encoding.Latin1.GetBytes(value))) fields.Add(new HttpField(name, redact(value)));
            }
        }
    }
}
