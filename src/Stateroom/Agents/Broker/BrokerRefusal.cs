using System.Text;
using System.Text.Json;
using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>An answer that the broker gives by itself, in the form of the Messages API's errors. Its text reaches the room: no address, no path of the host.</summary>
internal sealed record BrokerRefusal(int Status, string Type, string Message)
{
    private static readonly HttpField[] Fields = [new("Content-Type", "application/json")];

    public static BrokerRefusal NotFound { get; } = new(404, "not_found_error",
        $"Only {string.Join(" and ", BrokerRoute.All.Select(route => "POST " + route))} can be reached from a room.");

    public static BrokerRefusal NoTurn { get; } = new(403, "permission_error", "The model can be reached only while the session answers a prompt.");

    public static BrokerRefusal NotReadable { get; } = new(400, "invalid_request_error",
        "The body cannot be read: it is to be a JSON object in UTF-8, of whole characters and at most 512 levels, whose sources have types that are text.");

    public static BrokerRefusal Reaches(string what) => new(403, "permission_error", $"The request asks for {what}: that would reach beyond this room's network. A session that may do so names the tool in AllowedTools.");

    public static BrokerRefusal OverBudget(long budget, long used) => new(403, "permission_error",
        FormattableString.Invariant($"The token budget of this turn is used up: {used} of {budget} tokens. Whoever runs the session may raise it (TokenBudget)."));

    public static BrokerRefusal SameAs(BrokerFailure failure) => new(failure.Status, failure.Status == 401 ? "authentication_error" : "permission_error", failure.Message);

    public static BrokerRefusal Of(HttpFormatException broken) => new(broken.StatusCode, broken.StatusCode switch
    {
        408 => "timeout_error",
        413 => "request_too_large",
        529 => "overloaded_error",
        _ => "invalid_request_error",
    }, broken.Message);

    public static BrokerRefusal BadHeader(string name) => new(400, "invalid_request_error", $"The header field '{name}' is given twice, or is not ASCII text.");

    public static BrokerRefusal Upstream(string why) => new(502, "api_error", $"The model's provider did not answer: {why}.");

    public static BrokerRefusal Silent(TimeSpan limit) => new(504, "timeout_error", FormattableString.Invariant($"The model's provider was silent for {limit.TotalSeconds} s."));

    public Task WriteAsync(ResponseWriter response, CancellationToken cancellationToken) => response.WriteAsync(Status, Fields, ToJson(), cancellationToken);

    private byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "error"u8);
            json.WriteStartObject("error"u8);
            json.WriteString("type"u8, Type);
            json.WriteString("message"u8, Message);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>The message of an error body of the provider; its beginning if it has another form.</summary>
    public static string MessageOf(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error)
                && error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String)
                return message.GetString()!;
        }
        catch (JsonException)
        {
            // Gateways answer with pages of their own; these are shown as they are.
        }
        const int shown = 500;
        return Encoding.UTF8.GetString(body[..Math.Min(body.Length, shown)]);
    }
}
