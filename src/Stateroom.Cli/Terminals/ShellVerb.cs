using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Execution;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Terminals;

/// <summary><c>shell ID</c></summary>
internal static class ShellVerb
{
    private static readonly Option<string?> Shell = new("--shell")
    {
        HelpName = "SHELL",
        Description = "The shell to start, a program of the room; run with -i. The default is bash, or sh where there is no bash. A shell that runs already stays.",
    };

    private static readonly Option<string> Name = new("--name", "-n")
    {
        HelpName = "NAME",
        Description = "Which terminal: 1 to 40 of a-z, A-Z, 0-9, '-' and '_'. Each name has a shell of its own.",
        DefaultValueFactory = _ => RoomTerminals.DefaultName,
    };

    private static readonly Option<string> Detach = new("--detach-keys")
    {
        HelpName = "KEYS",
        Description = "The keys that detach, such as ctrl-p,ctrl-q; 'none' for none.",
        DefaultValueFactory = _ => DetachKeys.Default,
    };

    public static Command Create() =>
        new Command("shell", "Work in a session's room in an interactive shell. Detached, it goes on, and the next call comes back to it.") { CommonOptions.Id, Shell, Name, Detach }
            .WithExamples("stateroom shell web", "stateroom shell web --name server", "stateroom shell web --shell zsh --detach-keys ctrl-p,ctrl-q")
            .Runs(RunAsync, ExitCodes.StateroomFailed);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        var name = invocation.Get(Name)!;
        if (!RoomTerminals.IsName(name)) throw new UsageException($"--name '{name}' is not 1 to 40 of a-z, A-Z, 0-9, '-' and '_'.");
        var keys = DetachKeys.TryParse(invocation.Get(Detach)!)
            ?? throw new UsageException($"--detach-keys '{invocation.Get(Detach)}': use keys such as ctrl-] or ctrl-p,ctrl-q (not ctrl-[, ctrl-i, ctrl-j, ctrl-m), or none.");
        if (invocation.Json) throw new UsageException("A shell's output is what it draws on the terminal, so there is no --json. For results use 'stateroom run' or 'stateroom exec'.");
        if (!UserTerminal.HasKeys) throw new UsageException("Standard input is not a terminal. To run a command use 'stateroom run' or 'stateroom exec'; 'stateroom exec -i' forwards input.");

        await using var stateroom = StateroomHost.Local();
        var session = await stateroom.OpenAsync(id, new OpenOptions { KeepRunning = true }, invocation.Cancellation);
        try
        {
            var (exec, isNew) = await new RoomTerminals(session).OpenAsync(name, invocation.Get(Shell), UserTerminal.Size, invocation.Cancellation);
            await using (exec) return await AttachAsync(invocation, session, exec, isNew, name, keys);
        }
        finally
        {
            await RoomProgram.DetachAsync(session);
        }
    }

    private static async Task<int> AttachAsync(Invocation invocation, ISession session, IExec exec, bool isNew, string name, DetachKeys keys)
    {
        if (UserTerminal.IsShown && keys.Text != DetachKeys.None) Diagnostics.Line(Terminal.Dim($"In the room of session '{session.Id}'. {keys.Text} detaches, and the shell goes on."));
        var (end, signal) = await new TerminalAttachment(exec, keys).RunAsync(isNew ? () => Task.FromResult(default(OutputOffsets)) : BeginAsync, invocation.Interrupts);
        if (end is not null)
        {
            RoomProgram.Explain(end, ExecOptions.Default);
            return end.ToShellCode();
        }
        if (UserTerminal.IsShown) Diagnostics.Line(Terminal.Dim($"\nDetached. 'stateroom shell {session.Id}{(name == RoomTerminals.DefaultName ? "" : $" --name {name}")}' comes back."));
        return signal == 0 ? ExitCodes.Ok : 128 + signal;

        async Task<OutputOffsets> BeginAsync()
        {
            // A program that fills the screen draws it anew for another size; the answer to the ping says that the size is on record.
            await exec.ResizeAsync(UserTerminal.Size, invocation.Cancellation);
            await session.Sandbox.PingAsync(invocation.Cancellation);
            return await TerminalAttachment.ShowAsync(exec, invocation.Cancellation);
        }
    }
}
