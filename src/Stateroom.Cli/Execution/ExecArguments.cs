using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Execution;

/// <summary>The options that exec and run share.</summary>
internal static class ExecArguments
{
    private static readonly Option<TimeSpan?> Timeout = new("--timeout")
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

    private static readonly Option<bool> Tty = new("--tty", "-t")
    {
        Description = "Give the command a terminal of this one's size, and connect the two: for editors, dialogs and what else wants a person.",
    };

    public static Command AddTo(Command command)
    {
        command.Add(Timeout);
        command.Add(Env);
        command.Add(WorkingDirectory);
        command.Add(Stdin);
        command.Add(Tty);
        return command;
    }

    /// <exception cref="UsageException">A terminal was asked for where there is none.</exception>
    public static ExecOptions Read(Invocation invocation)
    {
        var onTerminal = invocation.Get(Tty);
        if (onTerminal && !UserTerminal.HasKeys) throw new UsageException("--tty: standard input is not a terminal. Leave it out; -i forwards input.");
        if (onTerminal && invocation.Json) throw new UsageException("--tty draws on the terminal, --json is for programs: use one of them.");
        return new ExecOptions
        {
            Timeout = invocation.Get(Timeout),
            WorkingDirectory = invocation.Get(WorkingDirectory),
            Environment = Variables(onTerminal ? RoomTerminals.Variables() : [], invocation.Get(Env) ?? []),
            Terminal = onTerminal ? UserTerminal.Size : null,
            StreamInput = onTerminal || (invocation.Get(Stdin) && Console.IsInputRedirected),
        };
    }

    private static Dictionary<string, string?> Variables(Dictionary<string, string?> initial, string[] given)
    {
        var variables = new Dictionary<string, string?>(initial);
        foreach (var (name, value) in given.Select(Split)) variables[name] = value;
        return variables;
    }

    private static (string Name, string? Value) Split(string entry)
    {
        var equals = entry.IndexOf('=');
        var name = equals < 0 ? entry : entry[..equals];
        if (name.Length == 0) throw new UsageException($"--env '{entry}' has no name: use NAME=VALUE.");
        return (name, equals < 0 ? null : entry[(equals + 1)..]);
    }
}
