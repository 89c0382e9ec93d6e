using System.Text.Json;
using Microsoft.Extensions.AI;
using Stateroom.Agents.Conversations;

namespace Stateroom.Agents.BuiltIn;

/// <summary>
/// Makes the messages of a request from the stored conversation: what the newest summary stands for is left out, and what a killed process left is
/// repaired: every tool call gets exactly one result, right after it, and results without a call are left out.
/// </summary>
internal static class Conversation
{
    private const string Interrupted = "The call was interrupted before it gave a result; it may have taken effect in part. Check before you repeat it.";

    private const string SummaryIntroduction = "This is a summary of the conversation so far, which was too long to keep in full:";

    public static List<ChatMessage> Rebuild(string systemPrompt, IReadOnlyList<SessionMessage> stored)
    {
        var chat = new List<ChatMessage> { new(ChatRole.System, systemPrompt) };
        var summary = NewestSummary(stored);
        if (summary is not null)
            chat.Add(new ChatMessage(ChatRole.User, $"{SummaryIntroduction}\n\n{summary.Text}"));
        // Thinking goes back within the turn; that of earlier ones is done, and may be another model's.
        var newestPrompt = NewestPrompt(stored)?.Sequence ?? 0;
        var open = new List<string>();
        foreach (var message in stored.Where(m => m.Sequence > (summary?.Through ?? 0) || m.Role == "system"))
        {
            if (message.Role == "tool")
            {
                AddResults(chat, open, message);
                continue;
            }

            CloseCalls(chat, open);
            var role = message.Role switch { "assistant" => ChatRole.Assistant, "system" => ChatRole.System, _ => ChatRole.User };
            var contents = Contents(message, open, withThinking: message.Sequence > newestPrompt);
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

    /// <summary>The newest message of the user; null if there is none.</summary>
    public static SessionMessage? NewestPrompt(IReadOnlyList<SessionMessage> stored) => stored.LastOrDefault(m => m.Role == "user");

    /// <summary>The newest summary; null if there is none.</summary>
    public static StoredSummary? NewestSummary(IReadOnlyList<SessionMessage> stored)
    {
        foreach (var message in stored.Reverse().Where(m => m.Role == "system"))
            foreach (var block in MessageBlocks.Of(message))
                if (MessageBlocks.TypeOf(block) == "summary" && MessageBlocks.StringOf(block, "text") is { } text
                    && block.TryGetProperty("through", out var through) && through.TryGetInt64(out var sequence))
                    return new StoredSummary(text, sequence);
        return null;
    }

    /// <summary>The result of a call that has none.</summary>
    public static FunctionResultContent InterruptedResult(string callId) => ToolError(callId, Interrupted);

    /// <summary>A result that the model sees as an error; clients know it by its exception.</summary>
    public static FunctionResultContent ToolError(string callId, string message) =>
        new(callId, message) { Exception = new InvalidOperationException(message) };

    private static void AddResults(List<ChatMessage> chat, List<string> open, SessionMessage message)
    {
        var results = new List<AIContent>();
        foreach (var block in MessageBlocks.Of(message))
        {
            if (MessageBlocks.TypeOf(block) != "tool_result" || MessageBlocks.StringOf(block, "tool_use_id") is not { } id || !open.Remove(id))
                continue;
            var text = MessageBlocks.ResultText(block);
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

    private static List<AIContent> Contents(SessionMessage message, List<string> open, bool withThinking)
    {
        var contents = new List<AIContent>();
        foreach (var block in MessageBlocks.Of(message))
        {
            switch (MessageBlocks.TypeOf(block))
            {
                case "text" when MessageBlocks.StringOf(block, "text") is { } text && !string.IsNullOrWhiteSpace(text):
                    contents.Add(new TextContent(text));
                    break;
                case "thinking" or "redacted_thinking" when message.Role == "assistant" && withThinking && MessageBlocks.Thinking(block) is { } thinking:
                    contents.Add(thinking);
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
}

/// <summary>A summary that stands for all messages up to one.</summary>
/// <param name="Text">The summary.</param>
/// <param name="Through">The sequence number of the last message that it stands for.</param>
internal sealed record StoredSummary(string Text, long Through);
