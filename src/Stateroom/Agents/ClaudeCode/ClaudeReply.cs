using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>What the agent says and does in one turn: each line becomes events, and each message is stored when it is whole.</summary>
internal sealed class ClaudeReply(AgentTurn turn)
{
    // The CLI's own word for a message that no model wrote, such as the text of a failure.
    private const string Synthetic = "<synthetic>";

    private readonly HashSet<string> _requests = new(StringComparer.Ordinal);
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _streamed = new();
    private readonly List<JsonElement> _blocks = [];

    /// <summary>Requests to the model that were answered, or begun to be.</summary>
    public int Requests => _requests.Count;

    /// <summary>The text of the whole turn.</summary>
    public string Text => _text.ToString();

    /// <summary>Takes a line of the main conversation.</summary>
    public async Task<IReadOnlyList<TurnEvent>> TakeAsync(JsonElement line)
    {
        switch (line.Text("type"))
        {
            case "stream_event": return await StreamedAsync(line.Member("event")).ConfigureAwait(false);
            case "assistant": return Said(line);
            case "user": return await ReturnedAsync(line).ConfigureAwait(false);
            case "system": return Noted(line) is { } note ? [new Notice(note)] : [];
            default: return [];
        }
    }

    /// <summary>Stores what there is of the message under way. What was shown is part of the conversation, also when the rest never came.</summary>
    public async Task StoreAsync()
    {
        if (_streamed.ToString() is { } rest && !string.IsNullOrWhiteSpace(rest)) _blocks.Add(ClaudeBlocks.TextBlock(rest));
        _streamed.Clear();
        if (_blocks.Count == 0) return;
        await turn.AppendMessageAsync("assistant", ClaudeBlocks.Seal(_blocks), CancellationToken.None).ConfigureAwait(false);
        _blocks.Clear();
    }

    private async Task<IReadOnlyList<TurnEvent>> StreamedAsync(JsonElement item)
    {
        switch (item.Text("type"))
        {
            case "message_start":
                await StoreAsync().ConfigureAwait(false);
                if (item.Member("message").Text("id") is { } id) _requests.Add(id);
                return [];
            case "content_block_delta":
                var delta = item.Member("delta");
                if (delta.Text("text") is { Length: > 0 } text)
                {
                    _streamed.Append(text);
                    _text.Append(text);
                    return [new TextDelta(text)];
                }
                return delta.Text("thinking") is { Length: > 0 } thought ? [new ThinkingDelta(thought)] : [];
            case "message_stop":
                await StoreAsync().ConfigureAwait(false);
                return [];
            default:
                return [];
        }
    }

    // One line per finished block.
    private List<TurnEvent> Said(JsonElement line)
    {
        var events = new List<TurnEvent>();
        var message = line.Member("message");
        if (message.Text("model") == Synthetic) return events;
        if (message.Text("id") is { } id) _requests.Add(id);
        foreach (var block in ClaudeBlocks.Blocks(line))
        {
            if (block.Text("type") == "text" && block.Text("text") is { Length: > 0 } text)
            {
                // Without partial messages, as after a broken stream, the whole text comes at once.
                if (_streamed.Length == 0)
                {
                    _text.Append(text);
                    events.Add(new TextDelta(text));
                }
                _streamed.Clear();
                _blocks.Add(block);
            }
            else if (block.Text("type") == "tool_use")
            {
                _blocks.Add(block);
                events.Add(new ToolCallStarted(block.Text("id") ?? "", block.Text("name") ?? "", block.Member("input")));
            }
        }
        return events;
    }

    private async Task<IReadOnlyList<TurnEvent>> ReturnedAsync(JsonElement line)
    {
        var events = new List<TurnEvent>();
        var results = new List<JsonElement>();
        foreach (var block in ClaudeBlocks.Blocks(line))
        {
            if (block.Text("type") != "tool_result" || block.Text("tool_use_id") is not { } id) continue;
            var text = ClaudeBlocks.ResultText(block);
            events.Add(new ToolCallCompleted(id, block.Flag("is_error"), text));
            results.Add(ClaudeBlocks.ToolResult(id, text, block.Flag("is_error")));
        }
        if (results.Count > 0)
        {
            await StoreAsync().ConfigureAwait(false);
            await turn.AppendMessageAsync("tool", ClaudeBlocks.Seal(results), CancellationToken.None).ConfigureAwait(false);
        }
        return events;
    }

    private static string? Noted(JsonElement line) => line.Text("subtype") switch
    {
        "api_retry" => string.Create(CultureInfo.InvariantCulture,
            $"The model did not answer ({(line.Number("error_status") is > 0 and var status ? $"HTTP status {status}" : line.Text("error") ?? "no connection")}); trying again in {line.Number("retry_delay_ms") / 1000.0:0.#} s ({line.Number("attempt")} of {line.Number("max_retries")})."),
        "compact_boundary" => "The older part of the conversation was summarised, to make room for more.",
        _ => null,
    };
}
