using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Execution;

/// <summary><c>run ID -- 'LINE'</c></summary>
internal static class RunVerb
{
    private static readonly Argument<string> Line = new("LINE") { Description = "A line for 'sh -c'; quote it, so that it stays one argument." };

    public static Command Create()
    {
        var command = new Command("run", "Run a shell line in a fresh shell in a session's room.") { CommonOptions.Id };
        ExecArguments.AddTo(command);
        command.Add(Line);
        return command
            .WithExamples(
                "stateroom run web -- 'ls -la | head'",
                "stateroom run web --workdir src --timeout 2m -- 'make && make test'",
                "stateroom run web --json -- 'python3 app.py --check' | jq .exit_code")
            .Runs(invocation => RoomProgram.RunAsync(invocation, ["sh", "-c", invocation.Get(Line)]), ExitCodes.StateroomFailed);
    }
}
