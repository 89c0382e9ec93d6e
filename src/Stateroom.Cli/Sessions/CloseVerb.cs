using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session close ID</c></summary>
internal static class CloseVerb
{
    public static Command Create() =>
        new Command("close", "End a session's room and free all it used; files and conversation stay.") { CommonOptions.Id }
            .WithExamples("stateroom session close web", "stateroom session list --state idle --json | jq -r '.[].id' | xargs -rn1 stateroom session close")
            .Runs(async invocation =>
            {
                var id = invocation.SessionId();
                await using var stateroom = StateroomHost.Local();
                await stateroom.CloseAsync(id, invocation.Cancellation);
                if (invocation.Json) SessionPrinter.PrintJson(invocation, await stateroom.GetAsync(id, invocation.Cancellation));
                else invocation.Out.WriteLine($"Session '{id}' is closed. 'stateroom session restore {id}' brings it back.");
                return ExitCodes.Ok;
            });
}
