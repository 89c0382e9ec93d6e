using System.Text.Json;

namespace Stateroom.Agents.Broker;

/// <summary>
/// Keeps a request from reaching out by way of the provider: tools that the provider runs, and content that it fetches, would bring the network into a room
/// that has none, and carry out what is in an address or a search.
/// </summary>
internal static class BrokerReach
{
    // Tools that the client runs: without a type or "custom" its own, and those whose form the provider knows (Messages API, "Tool use").
    private static readonly string[] RunByClient = ["custom", "bash_", "text_editor_", "computer_", "memory_"];

    private static readonly JsonDocumentOptions Reading = new() { MaxDepth = 512 };

    /// <summary>Why a request does not go on; null if it does.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="allowed">Beginnings of the types of the provider's tools that the session has.</param>
    public static BrokerRefusal? Check(ReadOnlyMemory<byte> body, IReadOnlyList<string> allowed)
    {
        try
        {
            using var request = JsonDocument.Parse(body, Reading);
            if (request.RootElement.ValueKind != JsonValueKind.Object) return BrokerRefusal.NotJson;
            // Each of several members of one name: which of them the provider takes is its own affair.
            foreach (var member in request.RootElement.EnumerateObject())
            {
                if (member.NameEquals("tools"u8) && FirstRunByProvider(member.Value, allowed) is { } tool) return BrokerRefusal.Reaches($"the tool '{tool}', which the provider runs");
                if (member.NameEquals("mcp_servers"u8) && member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() > 0) return BrokerRefusal.Reaches("MCP servers that the provider calls");
                if ((member.NameEquals("messages"u8) || member.NameEquals("system"u8)) && HasFetched(member.Value)) return BrokerRefusal.Reaches("content that the provider fetches from an address");
            }
            return null;
        }
        catch (JsonException)
        {
            return BrokerRefusal.NotJson;
        }
    }

    private static string? FirstRunByProvider(JsonElement tools, IReadOnlyList<string> allowed)
    {
        if (tools.ValueKind != JsonValueKind.Array) return null;
        foreach (var tool in tools.EnumerateArray())
        {
            if (tool.ValueKind != JsonValueKind.Object) continue;
            foreach (var member in tool.EnumerateObject())
            {
                if (!member.NameEquals("type"u8) || member.Value.ValueKind != JsonValueKind.String) continue;
                var type = member.Value.GetString()!;
                if (!RunByClient.Concat(allowed).Any(known => type.StartsWith(known, StringComparison.Ordinal))) return type;
            }
        }
        return null;
    }

    // Content blocks have sources, also within the content of tool results; the arguments of tools are not content.
    private static bool HasFetched(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Any(HasFetched),
        JsonValueKind.Object => element.EnumerateObject().Any(member => member.NameEquals("source"u8) ? IsAddress(member.Value) : !member.NameEquals("input"u8) && HasFetched(member.Value)),
        _ => false,
    };

    private static bool IsAddress(JsonElement source) =>
        source.ValueKind == JsonValueKind.Object && (source.EnumerateObject().Any(member => member.NameEquals("type"u8) && member.Value.ValueEquals("url"u8)) || HasFetched(source));
}
