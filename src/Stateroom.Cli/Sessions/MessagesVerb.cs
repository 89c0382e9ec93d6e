using System.CommandLine;
using System.Text.Json;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session messages ID</c></summary>
internal static class MessagesVerb
{
    private static readonly Option<int?> Limit = new("--limit") { HelpName = "N", Description = "Print only the newest N messages." };

    public static Command Create() =>
        new Command("messages", "Print a session's conversation, oldest first.") { CommonOptions.Id, Limit }
            .WithExamples("stateroom session messages web", "stateroom session messages web --json | jq '.[-1]'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        await using var stateroom = StateroomHost.Local();
        var query = new MessageQuery { Newest = invocation.Get(Limit) };
        var messages = new List<SessionMessage>();
        await foreach (var message in stateroom.ReadMessagesAsync(id, query, invocation.Cancellation))
        {
            if (invocation.Json) messages.Add(message);
            else Print(invocation.Out, message);
        }
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. messages], CliJson.Default.SessionMessageArray));
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
        _ => block.GetRawText(),
    };
}
