using Stateroom.Guest.Native;
using Stateroom.Guest.Output;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>The streams of the command that runs: FIFOs of its own, or the shell's terminal.</summary>
internal sealed class CommandStreams
{
    private readonly ControlDirectory _control;
    private readonly ShellTerminal? _terminal;
    private readonly int _stdout, _stderr;
    private readonly CommandInput? _input;
    private OutputPipe[] _pipes = [];

    private CommandStreams(ControlDirectory control, ShellTerminal? terminal, int stdout, int stderr, CommandInput? input) =>
        (_control, _terminal, _stdout, _stderr, _input) = (control, terminal, stdout, stderr, input);

    /// <summary>Opens the guest's ends and writes down for the shell what to run on the others. Null and an errno if that cannot be.</summary>
    public static CommandStreams? Open(ControlDirectory control, ShellCommand command, int lastStatus, ShellTerminal? terminal, out int errno)
    {
        int stdout = -1, stderr = -1;
        CommandInput? input = null;
        errno = terminal is null ? control.OpenEnds(out stdout, out stderr) : control.Ensure();
        if (errno == 0 && terminal is null && command.Input is not null) input = CommandInput.Open(control.InPath, command.Input, out errno);
        var stdin = input is not null ? control.InPath : command.Input is not null ? terminal?.Path : null;
        if (errno == 0) errno = control.Write(command.Text, lastStatus, stdin, terminal?.Path);
        if (errno == 0) return new CommandStreams(control, terminal, stdout, stderr, input);
        input?.Close();
        if (stdout >= 0) Libc.close(stdout);
        if (stderr >= 0) Libc.close(stderr);
        return null;
    }

    /// <summary>The command begins: its output has somewhere to go, its input comes.</summary>
    public void Connect(ShellCommand command)
    {
        var sink = command.Sink!;
        if (_terminal is not null)
        {
            _terminal.Screen.Sink = sink;
            if (command.Input is not null) _terminal.OpenInput(command.Input);
            _pipes = [_terminal.Screen];
            return;
        }
        _pipes = [new OutputPipe(_stdout, sink, LogRecordKind.Stdout, static () => { }), new OutputPipe(_stderr, sink, LogRecordKind.Stderr, static () => { })];
    }

    /// <summary>Takes what the command has written.</summary>
    public void Drain()
    {
        foreach (var pipe in _pipes) pipe.Drain();
    }

    /// <summary>The command has ended. Streams that background jobs still hold stay open for them.</summary>
    public void Leave(ShellCommand command)
    {
        command.Input?.Close();
        _input?.Close();
        foreach (var pipe in _pipes) pipe.CloseIfDone();
        if (_terminal is null && (_pipes[0].IsOpen || _pipes[1].IsOpen)) _control.NextEnds();
    }
}
