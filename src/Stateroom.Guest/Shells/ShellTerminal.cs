using Stateroom.Guest.Execs;
using Stateroom.Guest.Output;
using Stateroom.Guest.Terminals;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>The terminal of a shell. Its output goes to the command that runs; between commands it is background output.</summary>
internal sealed class ShellTerminal(Terminal terminal, OutputPipe screen)
{
    public string Path => terminal.Path;

    public OutputPipe Screen => screen;

    public void OpenInput(InputPipe input)
    {
        if (screen.IsOpen) input.Open(terminal);
        else input.Close();
    }

    public void Close()
    {
        terminal.LetGo();
        screen.Drain();
        screen.Close();
    }

    public void Resize(TerminalShape shape)
    {
        // Without an open master its number may be another file's.
        if (!screen.IsOpen || shape.IsNone) return;
        screen.Sink.Resize(shape);
        terminal.Resize(shape);
    }
}
