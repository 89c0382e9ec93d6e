using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>The stored form of messages: content blocks of type <c>text</c>, <c>tool_use</c> and <c>tool_result</c>.</summary>
internal static class MessageBlocks
{
    public static JsonElement Text(string text) => Seal([TextBlock(text)]);

    public static JsonElement Assistant(IEnumerable<AIContent> contents)
    {
        var blocks = new JsonArray();
        foreach (var content in contents)
        {
            if (content is TextContent { Text: { Length: > 0 } text })
                blocks.Add(TextBlock(text));
            else if (content is FunctionCallContent call)
                blocks.Add(new JsonObject
                {
                    ["type"] = "tool_use",
                    ["id"] = call.CallId,
                    ["name"] = call.Name,
                    ["input"] = JsonObject.Create(Input(call)),
                });
        }

        return Seal(blocks);
    }

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

    private static JsonObject TextBlock(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonElement Seal(JsonArray blocks) => JsonSerializer.SerializeToElement(blocks, AIJsonUtilities.DefaultOptions);
}
