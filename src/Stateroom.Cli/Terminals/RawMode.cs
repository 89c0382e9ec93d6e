using System.Runtime.InteropServices;

namespace Stateroom.Cli.Terminals;

/// <summary>The user's terminal hands every key on as it is (cfmakeraw(3)), until this is disposed; also when the process ends in another way.</summary>
internal sealed partial class RawMode : IDisposable
{
    private const int Input = 0, TCSADRAIN = 1;

    private readonly byte[] _before = new byte[TermiosSize];
    private readonly byte[] _raw = new byte[TermiosSize];
    private int _isOver;

    private RawMode()
    {
        if (tcgetattr(Input, ref _before[0]) != 0) throw new IOException($"The terminal's settings cannot be read: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");
        _before.CopyTo(_raw, 0);
        cfmakeraw(ref _raw[0]);
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    // struct termios of glibc and musl is 60 bytes; more than enough for either is harmless.
    private static int TermiosSize => 128;

    /// <exception cref="IOException">Standard input is no terminal.</exception>
    public static RawMode Enter()
    {
        var mode = new RawMode();
        mode.Apply();
        return mode;
    }

    /// <summary>Sets it again, after a shell has stopped this process and gone on with it.</summary>
    public void Apply()
    {
        if (Volatile.Read(ref _isOver) == 0) tcsetattr(Input, TCSADRAIN, ref _raw[0]);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0) return;
        tcsetattr(Input, TCSADRAIN, ref _before[0]);
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
    }

    private void OnProcessExit(object? sender, EventArgs e) => Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, ref byte settings);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int when, ref byte settings);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(ref byte settings);
}
