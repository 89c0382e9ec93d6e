using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session restore ID</c></summary>
internal static class RestoreVerb
{
    public static Command Create() =>
        new Command("restore", "Give a closed session a room again; on an open one it does nothing.") { CommonOptions.Id }
            .WithExamples("stateroom session restore web", "stateroom session restore web --json | jq -r .state")
            .Runs(async invocation =>
            {
                var id = invocation.SessionId();
                await using var stateroom = StateroomHost.Local();
                await using var session = await stateroom.OpenAsync(id, new OpenOptions { KeepRunning = true }, invocation.Cancellation);
                if (invocation.Json) SessionPrinter.PrintJson(invocation, await session.GetInfoAsync(invocation.Cancellation));
                else invocation.Out.WriteLine($"Session '{id}' is open. Workspace: {session.WorkspacePath}");
                return ExitCodes.Ok;
            });
}
