using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Execution;

/// <summary><c>ps ID</c></summary>
internal static class PsVerb
{
    public static Command Create() =>
        new Command("ps", "List the processes in a session's room, and what started each.") { CommonOptions.Id }
            .WithExamples("stateroom ps web", "stateroom ps web --json | jq -r '.[] | \"\\(.pid) \\(.started_by)\"'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        await using var stateroom = StateroomHost.Local();
        // Opening would restore a closed session, and a look must not.
        if (!(await stateroom.GetAsync(id, invocation.Cancellation)).IsRunning) throw new SessionClosedException(id);
        await using var session = await stateroom.OpenAsync(id, cancellationToken: invocation.Cancellation);
        var processes = (await session.Sandbox.ListProcessesAsync(invocation.Cancellation)).Select(ProcessView.Of).ToList();
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. processes], CliJson.Default.ProcessViewArray));
        else if (processes.Count == 0) invocation.Out.WriteLine("No processes.");
        else Table.Write(invocation.Out, [["PID", "PPID", "STATE", "CPU", "RSS", "AGE", "STARTED BY", "COMMAND"], .. processes.Select(ExecutionPrinter.Row)]);
        return ExitCodes.Ok;
    }
}
