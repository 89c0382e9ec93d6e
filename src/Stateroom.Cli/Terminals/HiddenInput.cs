using System.Runtime.InteropServices;

namespace Stateroom.Cli.Terminals;

/// <summary>What is typed at the terminal is not shown (termios(3), ECHO), until this is disposed; also when the process ends in another way.</summary>
internal sealed partial class HiddenInput : IDisposable
{
    private const int Input = 0, TCSAFLUSH = 2;

    // struct termios of Linux begins with four words of flags, the local ones last; 128 bytes hold it in glibc and musl.
    private const int LocalFlags = 12, TermiosSize = 128;
    private const uint ECHO = 8;

    private readonly byte[] _before = new byte[TermiosSize];
    private int _isOver;

    private HiddenInput()
    {
        if (tcgetattr(Input, ref _before[0]) != 0) throw new IOException($"The terminal's settings cannot be read: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        var hidden = (byte[])_before.Clone();
        MemoryMarshal.AsRef<uint>(hidden.AsSpan(LocalFlags)) &= ~ECHO;
        tcsetattr(Input, TCSAFLUSH, ref hidden[0]);
    }

    /// <exception cref="IOException">Standard input is no terminal.</exception>
    public static HiddenInput Begin() => new();

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0) return;
        tcsetattr(Input, TCSAFLUSH, ref _before[0]);
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, ref byte settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int when, ref byte settings);
}
