using System.Runtime.InteropServices;
using System.Text;

namespace Stateroom.Cli.Terminals;

/// <summary>The terminal that the user sits at: descriptor 0 for keys and settings, 1 for what is shown.</summary>
internal static partial class UserTerminal
{
    private const int Input = 0, Output = 1, EINTR = 4;
    private const int TCIFLUSH = 0;
    private const uint TIOCGWINSZ = 0x5413;

    /// <value>True if keys can be read from it.</value>
    public static bool HasKeys { get; } = isatty(Input) == 1;

    /// <value>True if what is printed is shown on it.</value>
    public static bool IsShown { get; } = isatty(Output) == 1;

    /// <value>Its size; that of a VT100 if it does not know (ioctl_tty(2): both are then 0).</value>
    public static TerminalSize Size
    {
        get
        {
            WindowSize size = default;
            return (ioctl(Output, TIOCGWINSZ, ref size) == 0 || ioctl(Input, TIOCGWINSZ, ref size) == 0) && size is { Columns: > 0, Rows: > 0 }
                ? new TerminalSize(size.Columns, size.Rows)
                : TerminalSize.Default;
        }
    }

    /// <summary>Waits for keys, as they are. Console's own stream would read whole lines and change the terminal's settings.</summary>
    /// <returns>0 when the terminal has gone.</returns>
    public static int Read(Span<byte> buffer)
    {
        nint count;
        do count = read(Input, ref MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
        while (count < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return (int)Math.Max(0, count);
    }

    /// <summary>Waits for a line. Console would switch the keys of the terminal to other codes for it, and leave them so.</summary>
    /// <returns>The line as it was typed; empty at the end of the input.</returns>
    public static string ReadLine()
    {
        // termios(3): a line is at most 4096 bytes, and comes whole.
        var line = new byte[4096];
        return Encoding.UTF8.GetString(line, 0, Read(line));
    }

    /// <summary>Forgets what was typed and not read yet: it was no answer to what is asked next.</summary>
    public static void DropTyped() => _ = tcflush(Input, TCIFLUSH);

    [LibraryImport("libc")]
    private static partial int isatty(int fd);

    [LibraryImport("libc")]
    private static partial int tcflush(int fd, int queue);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, ref WindowSize size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, ref byte buffer, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows, Columns, XPixels, YPixels;
    }
}
