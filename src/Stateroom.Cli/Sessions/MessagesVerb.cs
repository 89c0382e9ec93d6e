using System.CommandLine;
using System.Text.Json;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session messages ID</c></summary>
internal static class MessagesVerb
{
    private static readonly Option<int?> Limit = new("--limit") { HelpName = "N", Description = "Print only the newest N messages." };

    private static readonly Option<bool> Count = new("--count") { Description = "Print only how many messages there are." };

    private static readonly Option<bool> Clear = new("--clear") { Description = "Remove all messages, so that the agent begins anew. Files and history stay." };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "With --clear: do not ask. Needed where nobody can be asked." };

    public static Command Create() =>
        new Command("messages", "Print a session's conversation, oldest first.") { CommonOptions.Id, Limit, Count, Clear, Yes }
            .WithExamples("stateroom session messages web --limit 10", "stateroom session messages web --count", "stateroom session messages web --clear --yes", "stateroom session messages web --json | jq '.[-1]'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        if (invocation.Get(Limit) < 1) throw new UsageException("--limit is a number from 1 up.");
        if (invocation.Get(Clear) && (invocation.Get(Count) || invocation.IsGiven(Limit))) throw new UsageException("--clear removes all messages: leave out --count and --limit.");
        if (invocation.Get(Yes) && !invocation.Get(Clear)) throw new UsageException("--yes belongs to --clear.");
        await using var stateroom = StateroomHost.Local();
        if (invocation.Get(Clear)) return await ClearAsync(invocation, stateroom, id);
        var query = new MessageQuery { Newest = invocation.Get(Limit) };
        var messages = new List<SessionMessage>();
        var isEmpty = true;
        await foreach (var message in stateroom.ReadMessagesAsync(id, query, invocation.Cancellation))
        {
            isEmpty = false;
            if (invocation.Json || invocation.Get(Count)) messages.Add(message);
            else Print(invocation.Out, message);
        }
        if (invocation.Get(Count)) invocation.Out.WriteLine(invocation.Json ? $"{{ \"count\": {messages.Count} }}" : $"{messages.Count}");
        else if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. messages], CliJson.Default.SessionMessageArray));
        else if (isEmpty) invocation.Out.WriteLine("No messages.");
        return ExitCodes.Ok;
    }

    private static async Task<int> ClearAsync(Invocation invocation, IStateroom stateroom, string id)
    {
        await stateroom.GetAsync(id, invocation.Cancellation);
        if (!invocation.Get(Yes) && !await Confirmation.AskAsync(
            $"Remove all messages of session '{id}'?", $"Clearing removes all messages of session '{id}'. Add --yes.", invocation.Cancellation))
        {
            if (invocation.Json) invocation.Out.WriteLine("{ \"removed\": 0 }");
            else Diagnostics.Line("Nothing was removed.");
            return ExitCodes.Failed;
        }
        await using var session = await stateroom.OpenAsync(id, new OpenOptions { KeepRunning = true }, invocation.Cancellation);
        var removed = await session.ClearMessagesAsync(invocation.Cancellation);
        invocation.Out.WriteLine(invocation.Json ? $"{{ \"removed\": {removed} }}" : removed == 1 ? "1 message removed." : $"{removed} messages removed.");
        return ExitCodes.Ok;
    }

    private static void Print(TextWriter output, SessionMessage message)
    {
        output.WriteLine($"#{message.Sequence} {message.Role}, {SessionPrinter.Time(message.Timestamp)}");
        foreach (var block in message.Content.EnumerateArray())
        {
            foreach (var line in Text(block).Split('\n')) output.WriteLine($"  {Terminal.Printable(line.Replace("\t", "    ", StringComparison.Ordinal))}");
        }
    }

    private static string Text(JsonElement block) => block.GetProperty("type").GetString() switch
    {
        "text" => block.GetProperty("text").GetString()!,
        "tool_use" => $"> {block.GetProperty("name").GetString()} {block.GetProperty("input").GetRawText()}",
        "tool_result" => $"< {(block.GetProperty("content") is { ValueKind: JsonValueKind.String } text ? text.GetString() : block.GetProperty("content").GetRawText())}",
        "thinking" => $"~ {block.GetProperty("thinking").GetString()}",
        "redacted_thinking" => "~ (thinking that the provider does not show)",
        "summary" => $"= summary of all up to #{block.GetProperty("through").GetRawText()}: {block.GetProperty("text").GetString()}",
        _ => block.GetRawText(),
    };
}
