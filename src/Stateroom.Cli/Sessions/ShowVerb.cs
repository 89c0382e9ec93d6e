using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session show ID</c></summary>
internal static class ShowVerb
{
    public static Command Create() =>
        new Command("show", "Show one session: state, times, counters, workspace, and what of its configuration is not the default.") { CommonOptions.Id }
            .WithExamples("stateroom session show web", "cd \"$(stateroom session show web --json | jq -r .workspace_path)\"")
            .Runs(async invocation =>
            {
                var id = invocation.SessionId();
                await using var stateroom = StateroomHost.Local();
                var info = await stateroom.GetAsync(id, invocation.Cancellation);
                if (invocation.Json) SessionPrinter.PrintJson(invocation, info);
                else SessionPrinter.Print(invocation.Out, info);
                return ExitCodes.Ok;
            });
}
