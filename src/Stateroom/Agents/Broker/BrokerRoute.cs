using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>What of the provider's API rooms may reach. A path is compared as it came: what would have to be decoded or normalised first is none of these.</summary>
internal sealed record BrokerRoute(string Path, string Query, bool IsCounted)
{
    private const string Messages = "/v1/messages", CountTokens = "/v1/messages/count_tokens";

    private static readonly UriCreationOptions AsItCame = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static IReadOnlyList<string> All { get; } = [Messages, CountTokens];

    /// <summary>The route of a request; null if it has none.</summary>
    public static BrokerRoute? Of(RequestHead head)
    {
        if (head.Method != "POST" || head.Target.Form != TargetForm.Origin) return null;
        var text = head.Target.Text;
        var end = text.IndexOf('?', StringComparison.Ordinal);
        var path = end < 0 ? text : text[..end];
        return path is Messages or CountTokens ? new BrokerRoute(path, end < 0 ? "" : text[end..], path == Messages) : null;
    }

    /// <summary>The address at the provider.</summary>
    public Uri At(Uri upstream) => new(upstream.GetLeftPart(UriPartial.Path).TrimEnd('/') + Path + Query, AsItCame);
}
