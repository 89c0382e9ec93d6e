using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Execution;

/// <summary><c>exec ID -- ARGV...</c></summary>
internal static class ExecVerb
{
    private static readonly Argument<string[]> Argv = new("ARGV")
    {
        Description = "Program and arguments, as they are. A program without a slash is looked up in the room's PATH.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create()
    {
        var command = new Command("exec", "Run a program in a session's room; its streams, and its exit code, are this command's.") { CommonOptions.Id };
        ExecArguments.AddTo(command);
        command.Add(Argv);
        return command
            .WithExamples(
                "stateroom exec web -- python3 --version",
                "stateroom exec web --timeout 30 --env CI=1 -- python3 -m pytest -q",
                "stateroom exec -i web -- wc -l < access.log",
                "stateroom exec -t web -- vim app.py",
                "stateroom exec web --json -- git log -1 | jq -r .stdout")
            .Runs(invocation => RoomProgram.RunAsync(invocation, invocation.Get(Argv)), ExitCodes.StateroomFailed);
    }
}
