using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Stateroom.Guest.Native;
using Stateroom.Guest.Processes;
using Stateroom.Guest.Terminals;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>Starts a shell's process: finds its program, gives it its driver, a pipe that wakes it and one that it tells the status on.</summary>
internal unsafe ref struct ShellProcess
{
    public string Name;
    public byte* Directory;
    public CStrings Environment;
    public ulong Owner;
    public Terminal? Terminal;

    /// <value>The program that was found.</value>
    public string Path { get; private set; }

    /// <value>Write end of the pipe that wakes the shell.</value>
    public int Wake { get; private set; }

    /// <value>Read end of the pipe that it tells the status on.</value>
    public int Status { get; private set; }

    /// <value>What stands before each status.</value>
    public byte[] Mark { get; private set; }

    public SpawnResult Start(ControlDirectory control)
    {
        var errno = FindShell();
        if (errno != 0) return SpawnResult.Failed(errno, StartStage.Program);
        errno = control.Ensure();
        if (errno != 0) return SpawnResult.Failed(errno, StartStage.Resources);
        ulong nonce;
        Libc.getrandom(&nonce, sizeof(ulong), 0);
        var mark = nonce.ToString("x16", CultureInfo.InvariantCulture) + ":";
        Mark = Encoding.ASCII.GetBytes(mark);

        var ends = stackalloc int[4];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0) return SpawnResult.Failed(Libc.Errno, StartStage.Resources);
        if (Libc.pipe2(ends + 2, Libc.O_CLOEXEC) != 0)
        {
            errno = Libc.Errno;
            Libc.close(ends[0]);
            Libc.close(ends[1]);
            return SpawnResult.Failed(errno, StartStage.Resources);
        }
        control.Shell = Path;
        var result = Spawn(ShellDriver.Arguments(Path, control.ControlFile, mark), ends[0], ends[3]);
        Libc.close(ends[0]);
        Libc.close(ends[3]);
        if (result.Pid == 0)
        {
            Libc.close(ends[1]);
            Libc.close(ends[2]);
            return result;
        }
        (Wake, Status) = (ends[1], ends[2]);
        Libc.fcntl(Status, Libc.F_SETFL, Libc.O_NONBLOCK);
        return result;
    }

    private readonly SpawnResult Spawn(string[] arguments, int stdin, int stdout)
    {
        using var list = new CStrings(arguments.Length);
        foreach (var argument in arguments) list.Add((byte*)Marshal.StringToCoTaskMemUTF8(argument));
        SpawnResult result;
        fixed (byte* terminal = Terminal?.PathBytes())
        {
            result = Spawner.Spawn(new SpawnRequest
            {
                Arguments = list, Environment = Environment, Program = list[0], Directory = Directory, Mark = Owner,
                Stdin = stdin, Stdout = stdout, Stderr = Spawner.DevNull, Terminal = terminal,
            });
        }
        for (var i = 0; i < list.Count; i++) Marshal.FreeCoTaskMem((nint)list[i]);
        return result;
    }

    /// <summary>No name means bash where there is one, else sh; ash means busybox's where there is no ash of its own.</summary>
    private int FindShell()
    {
        ReadOnlySpan<string> candidates = Name switch { "" => ["bash", "sh"], "ash" => ["ash", "busybox"], _ => [Name] };
        var path = stackalloc byte[4096];
        var errno = Libc.ENOENT;
        foreach (var candidate in candidates)
        {
            var bytes = Encoding.UTF8.GetBytes(candidate + "\0");
            fixed (byte* program = bytes) errno = Spawner.Resolve(program, Environment, path);
            if (errno == 0 && Libc.access(path, 1 /* X_OK */) != 0) errno = Libc.Errno;
            if (errno != 0) continue;
            Path = Marshal.PtrToStringUTF8((nint)path)!;
            return 0;
        }
        return errno;
    }
}
