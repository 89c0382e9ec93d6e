using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session history ID</c></summary>
internal static class HistoryVerb
{
    public static Command Create() =>
        new Command("history", "Print a session's action log, oldest first.") { CommonOptions.Id }
            .WithExamples("stateroom session history web", "stateroom session history web --json | jq '.[] | select(.action == \"code_execution\")'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        await using var stateroom = StateroomHost.Local();
        var entries = new List<HistoryEntry>();
        await foreach (var entry in stateroom.ReadHistoryAsync(id, invocation.Cancellation))
        {
            if (invocation.Json) entries.Add(entry);
            else invocation.Out.WriteLine($"{SessionPrinter.Time(entry.Timestamp)}  {entry.Action}  {Terminal.Printable(entry.Context.GetRawText())}");
        }
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. entries], CliJson.Default.HistoryEntryArray));
        return ExitCodes.Ok;
    }
}
