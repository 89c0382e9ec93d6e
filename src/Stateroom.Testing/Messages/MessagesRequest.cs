using System.Text.Json;

namespace Stateroom.Testing.Messages;

/// <summary>A request that has passed the checks of <see cref="RequestRules"/>.</summary>
internal sealed class MessagesRequest
{
    // Clients put notes of their own beside or after the prompt; they are no prompts.
    private const string ReminderTag = "<system-reminder>";

    private MessagesRequest(JsonElement body, IReadOnlyList<WireMessage> messages)
    {
        Messages = messages;
        Model = body.GetProperty("model").GetString()!;
        Stream = body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;
        Tools = body.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array
            ? [.. tools.EnumerateArray().Select(t => t.GetProperty("name").GetString()!)]
            : [];
        InputTokens = TokenEstimate.Of(body, "system", "tools", "messages");
        FindPrompt();
    }

    public string Model { get; }

    public bool Stream { get; }

    public IReadOnlyList<string> Tools { get; }

    public IReadOnlyList<WireMessage> Messages { get; }

    public int InputTokens { get; }

    /// <summary>The text of the last prompt.</summary>
    public string Prompt { get; private set; } = "";

    /// <summary>The texts of the prompts before it, oldest first: all that a model without a memory can know.</summary>
    public IReadOnlyList<string> EarlierPrompts { get; private set; } = [];

    /// <summary>The assistant messages since the prompt; their number is the index of the reply that is due.</summary>
    public IReadOnlyList<WireMessage> Replies { get; private set; } = [];

    /// <summary>The texts of the tool results since the prompt.</summary>
    public IReadOnlyList<string> ToolResults { get; private set; } = [];

    public static MessagesRequest Parse(JsonElement body, bool countOnly) => new(body, RequestRules.Check(body, countOnly));

    private void FindPrompt()
    {
        var at = Messages.Count - 1;
        while (at >= 0 && PromptOf(Messages[at]) is null)
            at--;
        if (at < 0)
            throw ApiErrorException.Invalid("scenario: no user message of this request holds a prompt.");
        Prompt = PromptOf(Messages[at])!;
        EarlierPrompts = [.. Messages.Take(at).Select(PromptOf).OfType<string>()];
        var since = Messages.Skip(at + 1).ToList();
        Replies = [.. since.Where(m => m.Role == "assistant")];
        ToolResults = [.. since.SelectMany(m => m.Blocks).Where(b => WireMessage.TypeOf(b) == "tool_result").Select(WireMessage.ResultText)];
    }

    private static string? PromptOf(WireMessage message)
    {
        if (message.Role != "user")
            return null;
        var texts = message.Blocks.Where(b => WireMessage.TypeOf(b) == "text").Select(b => b.GetProperty("text").GetString()!)
            .Where(t => !t.AsSpan().TrimStart().StartsWith(ReminderTag, StringComparison.Ordinal)).ToList();
        return texts.Count == 0 ? null : string.Join('\n', texts);
    }
}
