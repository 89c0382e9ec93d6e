namespace Stateroom;

/// <summary>Size of a terminal in character cells, as programs see it (ioctl_tty(2), TIOCGWINSZ).</summary>
/// <param name="Columns">Width, 1 to 65535.</param>
/// <param name="Rows">Height, 1 to 65535.</param>
public readonly record struct TerminalSize(int Columns, int Rows)
{
    /// <summary>80 columns and 24 rows, the size of a VT100.</summary>
    public static TerminalSize Default { get; } = new(80, 24);
}

/// <summary>What a terminal shows at one moment.</summary>
/// <param name="Size">Its size.</param>
/// <param name="Redraw">Bytes that bring a cleared terminal of that size to the same picture, cursor and modes. They ask the terminal nothing, so
/// that showing them never makes it answer into the program's input.</param>
/// <param name="Next">Where reading goes on: <see cref="IExec.ReadOutputAsync"/> from here follows without a gap.</param>
public sealed record TerminalScreen(TerminalSize Size, ReadOnlyMemory<byte> Redraw, OutputOffsets Next);
