using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Execution;

/// <summary>The options that exec and run share.</summary>
internal static class ExecArguments
{
    private static readonly Option<TimeSpan?> Timeout = new("--timeout", "-t")
    {
        HelpName = "DURATION",
        Description = "End the whole process tree after this time, exit code 124. Seconds, or 200ms, 10m, 2h. The default is no limit.",
        CustomParser = Durations.Parse,
    };

    private static readonly Option<string[]> Env = new("--env", "-e")
    {
        HelpName = "NAME=VALUE",
        Description = "Set a variable; may be given several times. NAME= sets it to nothing, NAME alone removes it.",
    };

    private static readonly Option<string?> WorkingDirectory = new("--workdir", "-w")
    {
        HelpName = "DIR",
        Description = "Where to run, in the room. The default is /workspace.",
    };

    private static readonly Option<bool> Stdin = new("--stdin", "-i")
    {
        Description = "Forward standard input, unless it is a terminal. Without it the command's input is empty.",
    };

    public static Command AddTo(Command command)
    {
        command.Add(Timeout);
        command.Add(Env);
        command.Add(WorkingDirectory);
        command.Add(Stdin);
        return command;
    }

    public static ExecOptions Read(Invocation invocation) => new()
    {
        Timeout = invocation.Get(Timeout),
        WorkingDirectory = invocation.Get(WorkingDirectory),
        Environment = (invocation.Get(Env) ?? []).Select(Split).GroupBy(e => e.Name).ToDictionary(e => e.Key, e => e.Last().Value),
        StreamInput = invocation.Get(Stdin) && Console.IsInputRedirected,
    };

    private static (string Name, string? Value) Split(string entry)
    {
        var equals = entry.IndexOf('=');
        var name = equals < 0 ? entry : entry[..equals];
        if (name.Length == 0) throw new UsageException($"--env '{entry}' has no name: use NAME=VALUE.");
        return (name, equals < 0 ? null : entry[(equals + 1)..]);
    }
}
