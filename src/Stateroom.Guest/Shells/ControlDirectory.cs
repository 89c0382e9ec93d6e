using System.Runtime.InteropServices;
using System.Text;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Shells;

/// <summary>
/// Where a shell finds its next command and the FIFOs for its output: a directory inside the room. Code in the room may remove or fill it, so every
/// use checks, and makes anew what is missing.
/// </summary>
internal sealed unsafe class ControlDirectory(uint number)
{
    private const string Above = "/run", Parent = "/run/stateroom";
    private const int OwnerOnly = 0x180, OwnerDirectory = 0x1c0, SharedDirectory = 0x1ed;

    // Beyond this a command goes into a file of its own: as a variable that "set -a" exports it would make every exec fail with E2BIG.
    private const int LongCommand = 100_000;

    private readonly string _path = $"{Parent}/s{number}";
    private int _generation;

    public string ControlFile => _path + "/c";

    /// <value>The shell's program.</value>
    public string Shell { private get; set; } = "";

    /// <summary>Makes the directory and its FIFOs. 0, or an errno.</summary>
    public int Ensure()
    {
        var errno = EnsureDirectory(Parent);
        // The room may have closed the directory above to itself too.
        if (errno == Libc.EACCES && Libc.chmod(Above, SharedDirectory) == 0) errno = EnsureDirectory(Parent);
        if (errno == 0) errno = EnsureDirectory(_path);
        if (errno != 0) return errno;
        if (Libc.mkfifo(OutPath, OwnerOnly) != 0 && Libc.Errno != Libc.EEXIST) return Libc.Errno;
        return Libc.mkfifo(ErrPath, OwnerOnly) != 0 && Libc.Errno != Libc.EEXIST ? Libc.Errno : 0;
    }

    /// <summary>Opens the read ends for the next command. 0, or an errno.</summary>
    public int OpenEnds(out int stdout, out int stderr)
    {
        var errno = TryOpenEnds(out stdout, out stderr);
        if (errno == 0) return 0;
        // The ends are gone, closed, or something else has their names: new ones get new names.
        errno = NextEnds();
        return errno == 0 ? TryOpenEnds(out stdout, out stderr) : errno;
    }

    /// <value>Where a command's input FIFO may be made.</value>
    public string InPath => _path + "/i";

    /// <summary>Leaves the FIFOs to the background jobs that hold them; the next command gets new ones. 0, or an errno.</summary>
    public int NextEnds()
    {
        UnlinkEnds();
        _generation++;
        // What the room may have put there.
        UnlinkEnds();
        return Ensure();
    }

    /// <summary>Writes the control file. 0, or an errno.</summary>
    /// <param name="command">The command's text.</param>
    /// <param name="lastStatus">What <c>$?</c> is when the command starts.</param>
    /// <param name="stdin">What its input is opened from; null for none.</param>
    /// <param name="terminal">Path of the terminal that its output goes to; null for the FIFOs.</param>
    public int Write(ReadOnlySpan<byte> command, int lastStatus, string? stdin, string? terminal)
    {
        var tail = $"' _gs= _gi={stdin ?? "/dev/null"} _go={terminal ?? OutPath} _ge={terminal ?? ErrPath}\n" + (lastStatus == 0 ? "" : ShellDriver.Return(Shell, lastStatus));
        if (command.Length <= LongCommand) return WriteFile(ControlFile, Quote(command, tail));
        var errno = WriteFile(_path + "/t", command);
        return errno != 0 ? errno : WriteFile(ControlFile, Quote(Encoding.UTF8.GetBytes($". {_path}/t"), tail));
    }

    public void Remove()
    {
        foreach (var path in (ReadOnlySpan<string>)[OutPath, ErrPath, InPath, ControlFile, _path + "/t"]) Libc.unlink(path);
        Libc.rmdir(_path);
    }

    private string OutPath => $"{_path}/o{_generation}";

    private string ErrPath => $"{_path}/e{_generation}";

    private static ReadOnlySpan<byte> Quote(ReadOnlySpan<byte> command, string tail)
    {
        var quotes = command.Count((byte)'\'');
        var result = new byte[4 + command.Length + (3 * quotes) + Encoding.UTF8.GetByteCount(tail)];
        "_g='"u8.CopyTo(result);
        var at = 4;
        foreach (var b in command)
        {
            result[at++] = b;
            if (b != '\'') continue;
            "\\''"u8.CopyTo(result.AsSpan(at));
            at += 3;
        }
        Encoding.UTF8.GetBytes(tail, result.AsSpan(at));
        return result;
    }

    private static int EnsureDirectory(string path)
    {
        if (Libc.mkdir(path, OwnerDirectory) == 0) return 0;
        if (Libc.Errno != Libc.EEXIST) return Libc.Errno;
        var there = Libc.open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (there >= 0)
        {
            Libc.close(there);
            return Libc.chmod(path, OwnerDirectory) == 0 ? 0 : Libc.Errno;
        }
        // A file or a link in its place goes.
        return Libc.unlink(path) == 0 && Libc.mkdir(path, OwnerDirectory) == 0 ? 0 : Libc.Errno;
    }

    private void UnlinkEnds()
    {
        Libc.unlink(OutPath);
        Libc.unlink(ErrPath);
    }

    private int TryOpenEnds(out int stdout, out int stderr)
    {
        stdout = OpenEnd(OutPath);
        stderr = stdout < 0 ? -1 : OpenEnd(ErrPath);
        if (stderr >= 0) return 0;
        var errno = Libc.Errno;
        if (stdout >= 0) Libc.close(stdout);
        stdout = -1;
        return errno;
    }

    // Only a FIFO: another file of that name can be read as well, and has nothing of the command.
    private static int OpenEnd(string path)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0 || Libc.fcntl(fd, Libc.F_GETPIPE_SZ, 0) >= 0) return fd;
        Libc.close(fd);
        Marshal.SetLastPInvokeError(Libc.EEXIST);
        return -1;
    }

    private int WriteFile(string path, ReadOnlySpan<byte> data)
    {
        // Not waiting for a reader where the room has put a FIFO, nor writing to where a link leads.
        const int Flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_NONBLOCK | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        var fd = Libc.open(path, Flags, OwnerOnly);
        if (fd < 0)
        {
            if (Libc.unlink(path) != 0) Libc.rmdir(path);
            if (Ensure() is var failure and not 0) return failure;
            fd = Libc.open(path, Flags, OwnerOnly);
        }
        if (fd < 0) return Libc.Errno;
        var errno = 0;
        fixed (byte* start = &MemoryMarshal.GetReference(data))
        {
            for (var done = 0; done < data.Length && errno == 0;)
            {
                var n = Libc.write(fd, start + done, (nuint)(data.Length - done));
                if (n > 0) done += (int)n;
                else if (Libc.Errno != Libc.EINTR) errno = Libc.Errno;
            }
        }
        Libc.close(fd);
        return errno;
    }
}
