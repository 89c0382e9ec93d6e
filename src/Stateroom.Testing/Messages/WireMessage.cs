using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stateroom.Testing.Messages;

/// <summary>A message of a request, its content always as blocks.</summary>
internal sealed record WireMessage(string Role, IReadOnlyList<JsonElement> Blocks)
{
    public static string TypeOf(JsonElement block) => block.GetProperty("type").GetString()!;

    /// <summary>Consecutive messages of one role are one message to the API.</summary>
    public static IReadOnlyList<WireMessage> Merge(IReadOnlyList<WireMessage> messages)
    {
        var merged = new List<WireMessage>();
        foreach (var message in messages)
        {
            if (merged.Count > 0 && merged[^1].Role == message.Role)
                merged[^1] = new WireMessage(message.Role, [.. merged[^1].Blocks, .. message.Blocks]);
            else
                merged.Add(message);
        }

        return merged;
    }

    /// <summary>The content of a message or of a tool result: a string stands for one text block.</summary>
    public static IReadOnlyList<JsonElement> ReadBlocks(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => [TextBlock(content.GetString()!)],
        JsonValueKind.Array => [.. content.EnumerateArray()],
        _ => throw ApiErrorException.Invalid("content: Input should be a valid string or list."),
    };

    /// <summary>The text of a tool result.</summary>
    public static string ResultText(JsonElement result) => result.TryGetProperty("content", out var content) && content.ValueKind != JsonValueKind.Null
        ? string.Concat(ReadBlocks(content).Where(b => TypeOf(b) == "text").Select(b => b.GetProperty("text").GetString()))
        : "";

    private static JsonElement TextBlock(string text) => JsonSerializer.SerializeToElement(new JsonObject { ["type"] = "text", ["text"] = text });
}
