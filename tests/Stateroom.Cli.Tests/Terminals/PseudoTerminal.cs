using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests.Terminals;

/// <summary>A real terminal of the kernel's (pty(7)) with the command on its other end; types keys and waits for what is shown.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int O_RDWR = 2, O_NOCTTY = 0x100, O_CLOEXEC = 0x80000;
    private const uint TIOCSWINSZ = 0x5414;

    private readonly SafeFileHandle _master;

    // Held, so that the settings outlive the command and can be looked at.
    private readonly SafeFileHandle _slave;
    private readonly Lock _lock = new();
    private readonly StringBuilder _shown = new();
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isOver;
    private int _at;

    private PseudoTerminal(SafeFileHandle master, SafeFileHandle slave) => (_master, _slave) = (master, slave);

    /// <value>The command, leader of the terminal's session.</value>
    public Process Command { get; private set; } = null!;

    /// <value>All that was shown.</value>
    public string Shown
    {
        get
        {
            lock (_lock) return _shown.ToString();
        }
    }

    /// <value>The settings as stty(1) would see them.</value>
    public byte[] Settings
    {
        get
        {
            var settings = new byte[128];
            Assert.Equal(0, tcgetattr(_master, ref settings[0]));
            return settings;
        }
    }

    public static PseudoTerminal Start(CliHome home, params string[] arguments) => Start(home, 80, 24, arguments);

    public static PseudoTerminal Start(CliHome home, int columns, int rows, params string[] arguments) => StartProgram(home, columns, rows, [CliHome.Program, .. arguments]);

    /// <summary>A shell line in which <c>stateroom</c> is the command.</summary>
    public static PseudoTerminal StartShell(CliHome home, string line) => StartProgram(home, 80, 24, ["/bin/bash", "-c", CliHome.Line(line)]);

    private static PseudoTerminal StartProgram(CliHome home, int columns, int rows, string[] program)
    {
        var master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
        Assert.False(master.IsInvalid);
        Assert.Equal((0, 0), (grantpt(master), unlockpt(master)));
        var name = new byte[64];
        Assert.Equal(0, ptsname_r(master, ref name[0], (nuint)name.Length));
        var slave = Encoding.ASCII.GetString(name).TrimEnd('\0');
        var terminal = new PseudoTerminal(master, open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC));
        terminal.Resize(columns, rows);
        terminal.Command = home.Start("/bin/sh", ["-c", "t=$0; exec setsid -c \"$@\" <$t >$t 2>&1", slave, .. program]);
        new Thread(terminal.Read) { IsBackground = true }.Start();
        return terminal;
    }

    public void Resize(int columns, int rows)
    {
        var size = new WindowSize { Columns = (ushort)columns, Rows = (ushort)rows };
        Assert.Equal(0, ioctl(_master, TIOCSWINSZ, ref size));
    }

    public void Type(string keys) => Type(Encoding.UTF8.GetBytes(keys));

    public void Type(ReadOnlySpan<byte> keys)
    {
        while (!keys.IsEmpty)
        {
            var written = write(_master, in MemoryMarshal.GetReference(keys), (nuint)keys.Length);
            Assert.True(written > 0, "the terminal takes no keys");
            keys = keys[(int)written..];
        }
    }

    /// <summary>Types keys until a text is shown for them. A shell whose program ends of itself just when the interrupt comes does not run its trap: one presses again.</summary>
    public async Task Press(string keys, string expected)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        var answer = Until(expected);
        while (!answer.IsCompleted)
        {
            Type(keys);
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(2), patience.Token));
        }
        await answer;
    }

    /// <summary>Waits until a text is shown behind what was waited for last; what is between is returned.</summary>
    public async Task<string> Until(string expected)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            Task more;
            lock (_lock)
            {
                var text = _shown.ToString();
                var found = text.IndexOf(expected, _at, StringComparison.Ordinal);
                if (found >= 0)
                {
                    var between = text[_at..found];
                    _at = found + expected.Length;
                    return between;
                }
                if (_isOver || patience.IsCancellationRequested) Assert.Fail($"'{Readable(expected)}' was not shown, but: {Readable(text[_at..])}\nAfter: {Readable(text[..Math.Min(_at, text.Length)])}");
                more = _more.Task;
            }
            await Task.WhenAny(more, Task.Delay(Timeout.Infinite, patience.Token));
        }
    }

    /// <summary>Waits for the command's end.</summary>
    public async Task<int> ExitCode()
    {
        try
        {
            await Command.WaitForExitAsync().WaitAsync(Patience.Limit);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The command did not end. Shown: {Readable(Shown)}");
        }
        return Command.ExitCode;
    }

    public void Signal(int signal) => Assert.Equal(0, kill(Command.Id, signal));

    public void Dispose()
    {
        if (!Command.HasExited) Command.Kill();
        Command.Dispose();
        // With the last descriptor of the other end the reader's waiting ends.
        _slave.Dispose();
        _master.Dispose();
    }

    private static string Readable(string text) => text.Replace("\e", "␛", StringComparison.Ordinal);

    private void Read()
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var (bytes, characters) = (new byte[65536], new char[65536]);
        while (true)
        {
            nint count;
            try
            {
                count = read(_master, ref bytes[0], (nuint)bytes.Length);
            }
            catch (ObjectDisposedException)
            {
                count = 0;
            }
            lock (_lock)
            {
                if (count > 0) _shown.Append(characters, 0, decoder.GetChars(bytes, 0, (int)count, characters, 0));
                else _isOver = true;
                _more.TrySetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_isOver) return;
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial SafeFileHandle posix_openpt(int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int grantpt(SafeFileHandle master);

    [LibraryImport("libc")]
    private static partial int unlockpt(SafeFileHandle master);

    [LibraryImport("libc")]
    private static partial int ptsname_r(SafeFileHandle master, ref byte name, nuint size);

    [LibraryImport("libc")]
    private static partial int ioctl(SafeFileHandle master, nuint request, ref WindowSize size);

    [LibraryImport("libc")]
    private static partial int tcgetattr(SafeFileHandle master, ref byte settings);

    [LibraryImport("libc")]
    private static partial nint read(SafeFileHandle master, ref byte buffer, nuint count);

    [LibraryImport("libc")]
    private static partial nint write(SafeFileHandle master, in byte buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows, Columns, XPixels, YPixels;
    }
}
