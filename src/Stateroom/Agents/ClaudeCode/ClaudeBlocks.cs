using System.Text.Json;
using System.Text.Json.Nodes;
using Stateroom.Agents.Conversations;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>Content blocks of the CLI's messages, and what we store of them: <c>text</c>, <c>tool_use</c> and <c>tool_result</c>.</summary>
internal static class ClaudeBlocks
{
    public static string? Text(this JsonElement element, string member) => MessageBlocks.StringOf(element, member);

    public static JsonElement Member(this JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) ? value : default;

    public static bool Flag(this JsonElement element, string member) => element.Member(member).ValueKind == JsonValueKind.True;

    public static long Number(this JsonElement element, string member) =>
        element.Member(member) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : 0;

    public static IEnumerable<JsonElement> Blocks(JsonElement line) => line.Member("message").Member("content") switch
    {
        { ValueKind: JsonValueKind.Array } blocks => blocks.EnumerateArray(),
        _ => [],
    };

    /// <summary>The text of a tool's result, in which an image is only mentioned.</summary>
    public static string ResultText(JsonElement block) => block.Member("content") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Array } parts => string.Join('\n', parts.EnumerateArray().Select(part => part.Text("text") ?? $"[{part.Text("type") ?? "content"}]")),
        _ => "",
    };

    public static JsonElement Seal(IEnumerable<JsonElement> blocks)
    {
        var array = new JsonArray();
        foreach (var block in blocks) array.Add(JsonNode.Parse(block.GetRawText()));
        return JsonSerializer.SerializeToElement(array, Microsoft.Extensions.AI.AIJsonUtilities.DefaultOptions);
    }

    public static JsonElement TextBlock(string text)
    {
        using var document = JsonDocument.Parse(new JsonObject { ["type"] = "text", ["text"] = text }.ToJsonString());
        return document.RootElement.Clone();
    }

    public static JsonElement ToolResult(string callId, string text, bool isError)
    {
        var block = new JsonObject { ["type"] = "tool_result", ["tool_use_id"] = callId, ["content"] = text, ["is_error"] = isError };
        using var document = JsonDocument.Parse(block.ToJsonString());
        return document.RootElement.Clone();
    }
}
