using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>
/// Makes the messages of a request from the stored conversation and repairs what a killed process left: every tool call gets exactly one result,
/// right after it, and results without a call are left out.
/// </summary>
internal static class Conversation
{
    private const string Interrupted = "The call was interrupted before it gave a result; it may have taken effect in part. Check before you repeat it.";

    public static List<ChatMessage> Rebuild(string systemPrompt, IEnumerable<SessionMessage> stored)
    {
        var chat = new List<ChatMessage> { new(ChatRole.System, systemPrompt) };
        var open = new List<string>();
        foreach (var message in stored)
        {
            if (message.Role == "tool")
            {
                AddResults(chat, open, message);
                continue;
            }

            CloseCalls(chat, open);
            var role = message.Role switch { "assistant" => ChatRole.Assistant, "system" => ChatRole.System, _ => ChatRole.User };
            var contents = Contents(message, open);
            if (contents.Count == 0)
                continue;
            // Instructions that came later stand with the first ones: a conversation has none in its middle.
            if (role == ChatRole.System)
                chat[0].Contents = [.. chat[0].Contents, .. contents];
            else
                chat.Add(new ChatMessage(role, contents));
        }

        CloseCalls(chat, open);
        return chat;
    }

    /// <summary>The result of a call that has none.</summary>
    public static FunctionResultContent InterruptedResult(string callId) => ToolError(callId, Interrupted);

    /// <summary>A result that the model sees as an error; clients know it by its exception.</summary>
    public static FunctionResultContent ToolError(string callId, string message) =>
        new(callId, message) { Exception = new InvalidOperationException(message) };

    private static void AddResults(List<ChatMessage> chat, List<string> open, SessionMessage message)
    {
        var results = new List<AIContent>();
        foreach (var block in Blocks(message))
        {
            if (TypeOf(block) != "tool_result" || !block.TryGetProperty("tool_use_id", out var idValue) || idValue.GetString() is not { } id || !open.Remove(id))
                continue;
            var text = block.TryGetProperty("content", out var content) ? TextOf(content) : "";
            var isError = block.TryGetProperty("is_error", out var flag) && flag.ValueKind == JsonValueKind.True;
            results.Add(isError ? ToolError(id, text) : new FunctionResultContent(id, text));
        }

        if (results.Count > 0)
            chat.Add(new ChatMessage(ChatRole.Tool, results));
    }

    private static void CloseCalls(List<ChatMessage> chat, List<string> open)
    {
        if (open.Count == 0)
            return;
        var results = open.Select(id => (AIContent)InterruptedResult(id));
        // All results of one message stand in one message.
        if (chat[^1].Role == ChatRole.Tool)
            chat[^1].Contents = [.. chat[^1].Contents, .. results];
        else
            chat.Add(new ChatMessage(ChatRole.Tool, [.. results]));
        open.Clear();
    }

    private static List<AIContent> Contents(SessionMessage message, List<string> open)
    {
        var contents = new List<AIContent>();
        foreach (var block in Blocks(message))
        {
            switch (TypeOf(block))
            {
                case "text" when block.GetProperty("text").GetString() is { } text && !string.IsNullOrWhiteSpace(text):
                    contents.Add(new TextContent(text));
                    break;
                case "tool_use" when message.Role == "assistant":
                    var id = block.GetProperty("id").GetString()!;
                    open.Add(id);
                    contents.Add(new FunctionCallContent(id, block.GetProperty("name").GetString()!, Arguments(block)));
                    break;
            }
        }

        return contents;
    }

    private static Dictionary<string, object?> Arguments(JsonElement block)
    {
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (block.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Object)
            foreach (var member in input.EnumerateObject())
                arguments[member.Name] = member.Value;
        return arguments;
    }

    private static string TextOf(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Where(b => TypeOf(b) == "text").Select(b => b.GetProperty("text").GetString())),
        _ => "",
    };

    private static IEnumerable<JsonElement> Blocks(SessionMessage message) => message.Content.ValueKind switch
    {
        JsonValueKind.Array => message.Content.EnumerateArray(),
        JsonValueKind.String => [JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["type"] = "text", ["text"] = message.Content.GetString()! })],
        _ => [],
    };

    private static string? TypeOf(JsonElement block) =>
        block.ValueKind == JsonValueKind.Object && block.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
}
