using System.Text.Json;
using System.Text.Json.Nodes;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.Conversations;

/// <summary>The stored form of messages: content blocks of type <c>text</c>, <c>thinking</c>, <c>redacted_thinking</c>, <c>tool_use</c>, <c>tool_result</c> and
/// <c>summary</c>.</summary>
internal static class MessageBlocks
{
    public static JsonElement Text(string text) => Seal([TextBlock(text)]);

    /// <summary>A summary that stands for all messages up to a sequence number.</summary>
    public static JsonElement Summary(string text, long through) =>
        Seal([new JsonObject { ["type"] = "summary", ["text"] = text, ["through"] = through }]);

    public static JsonElement Assistant(IEnumerable<AIContent> contents)
    {
        var blocks = new JsonArray();
        foreach (var content in contents)
        {
            switch (content)
            {
                case TextContent { Text: { Length: > 0 } text }:
                    blocks.Add(TextBlock(text));
                    break;
                // Without its signature the provider would not take it back.
                case TextReasoningContent { ProtectedData: { Length: > 0 } data } thinking:
                    blocks.Add(thinking.RawRepresentation is RedactedThinkingBlock
                        ? new JsonObject { ["type"] = "redacted_thinking", ["data"] = data }
                        : new JsonObject { ["type"] = "thinking", ["thinking"] = thinking.Text, ["signature"] = data });
                    break;
                case FunctionCallContent call:
                    blocks.Add(new JsonObject
                    {
                        ["type"] = "tool_use",
                        ["id"] = call.CallId,
                        ["name"] = call.Name,
                        ["input"] = JsonObject.Create(Input(call)),
                    });
                    break;
            }
        }

        return Seal(blocks);
    }

    /// <summary>The content of a stored thinking block, as the provider takes it back; null if it is not whole.</summary>
    public static TextReasoningContent? Thinking(JsonElement block) => TypeOf(block) switch
    {
        "thinking" when StringOf(block, "signature") is { } signature => new TextReasoningContent(StringOf(block, "thinking")) { ProtectedData = signature },
        // The official client knows it by this alone.
        "redacted_thinking" when StringOf(block, "data") is { } data =>
            new TextReasoningContent("") { ProtectedData = data, RawRepresentation = new ContentBlockParam(new RedactedThinkingBlockParam { Data = data }) },
        _ => null,
    };

    public static JsonElement ToolResults(IEnumerable<FunctionResultContent> results)
    {
        var blocks = new JsonArray();
        foreach (var result in results)
            blocks.Add(new JsonObject
            {
                ["type"] = "tool_result",
                ["tool_use_id"] = result.CallId,
                ["content"] = (string?)result.Result,
                ["is_error"] = result.Exception is not null,
            });
        return Seal(blocks);
    }

    public static JsonElement Input(FunctionCallContent call) =>
        JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions);

    public static string? TypeOf(JsonElement block) => StringOf(block, "type");

    public static string? StringOf(JsonElement block, string member) =>
        block.ValueKind == JsonValueKind.Object && block.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>The text of a tool result's content.</summary>
    public static string ResultText(JsonElement block) => !block.TryGetProperty("content", out var content) ? "" : content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Where(b => TypeOf(b) == "text").Select(b => StringOf(b, "text"))),
        _ => "",
    };

    public static IEnumerable<JsonElement> Of(SessionMessage message) => message.Content.ValueKind switch
    {
        JsonValueKind.Array => message.Content.EnumerateArray(),
        JsonValueKind.String => Text(message.Content.GetString()!).EnumerateArray(),
        _ => [],
    };

    private static JsonObject TextBlock(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonElement Seal(JsonArray blocks) => JsonSerializer.SerializeToElement(blocks, AIJsonUtilities.DefaultOptions);
}
