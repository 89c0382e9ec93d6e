using System.Runtime.InteropServices;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Processes;

/// <summary>A process to start. Descriptors stay the caller's.</summary>
internal unsafe ref struct SpawnRequest
{
    public CStrings Arguments;
    public CStrings Environment;
    public byte* Program;
    public byte* Directory;
    public int Stdin, Stdout, Stderr;

    /// <summary>Path of the terminal that the process gets as its own, ended by NUL, or null. It takes the place of the streams that are -1.</summary>
    public byte* Terminal;
    public ulong Mark;
}

/// <summary>What came of it: a process id, or an errno and where.</summary>
internal readonly record struct SpawnResult(int Pid, int Errno, StartStage Stage)
{
    public static SpawnResult Failed(int errno, StartStage stage) => new(0, errno, stage);
}

/// <summary>Starts processes with default signals, an own session and nothing inherited but their three streams.</summary>
internal static unsafe class Spawner
{
    private const int MaxPath = 4096;

    private static readonly byte* Attributes = MakeAttributes();

    public static readonly int DevNull = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0);

    public static SpawnResult Spawn(in SpawnRequest request)
    {
        var path = stackalloc byte[MaxPath];
        var errno = Resolve(request.Program, request.Environment, path);
        if (errno != 0) return SpawnResult.Failed(errno, StartStage.Program);
        // Opened first, so that a missing directory and a missing program can be told apart.
        var directory = Libc.open(request.Directory, Libc.O_PATH | Libc.O_CLOEXEC | Libc.O_DIRECTORY, 0);
        if (directory < 0) return SpawnResult.Failed(Libc.Errno, StartStage.Directory);

        var actions = stackalloc byte[Libc.SpawnActionsSize];
        Libc.posix_spawn_file_actions_init(actions);
        // The leader of a session that opens a terminal without O_NOCTTY gets it as its controlling one (open(2)).
        if (request.Terminal != null) Libc.posix_spawn_file_actions_addopen(actions, 2, request.Terminal, Libc.O_RDWR, 0);
        Libc.posix_spawn_file_actions_adddup2(actions, request.Stdin < 0 ? 2 : request.Stdin, 0);
        Libc.posix_spawn_file_actions_adddup2(actions, request.Stdout < 0 ? 2 : request.Stdout, 1);
        if (request.Stderr >= 0) Libc.posix_spawn_file_actions_adddup2(actions, request.Stderr, 2);
        Libc.posix_spawn_file_actions_addfchdir_np(actions, directory);
        Libc.posix_spawn_file_actions_addclosefrom_np(actions, 3);
        int pid;
        Limits.BeforeSpawn(request.Mark);
        errno = Libc.posix_spawn(&pid, path, actions, Attributes, request.Arguments.Pointer, request.Environment.Pointer);
        Limits.AfterSpawn();
        Libc.posix_spawn_file_actions_destroy(actions);
        Libc.close(directory);
        if (errno == 0)
        {
            Sacrifice.Offer(pid);
            return new SpawnResult(pid, 0, StartStage.Resources);
        }
        return SpawnResult.Failed(errno, errno is Libc.EAGAIN or 12 /* ENOMEM */ ? StartStage.Resources : StartStage.Program);
    }

    /// <summary>Finds a program as a shell does: as it is if it has a slash, else in PATH. 0, or the errno.</summary>
    public static int Resolve(byte* program, CStrings environment, byte* path)
    {
        var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(program);
        if (name.IsEmpty) return Libc.ENOENT;
        if (name.Contains((byte)'/')) return Join(default, name, path) ? 0 : 36 /* ENAMETOOLONG */;
        var denied = false;
        var search = RoomEnvironment.Value(environment, "PATH"u8);
        foreach (var range in search.Split((byte)':'))
        {
            if (!Join(search[range], name, path)) continue;
            if (Libc.access(path, 1 /* X_OK */) == 0) return 0;
            if (Libc.Errno == Libc.EACCES) denied = true;
        }
        return denied ? Libc.EACCES : Libc.ENOENT;
    }

    private static bool Join(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name, byte* path)
    {
        var target = new Span<byte>(path, MaxPath);
        if (directory.Length + name.Length + 2 > MaxPath) return false;
        directory.CopyTo(target);
        var length = directory.Length;
        if (length > 0) target[length++] = (byte)'/';
        name.CopyTo(target[length..]);
        target[length + name.Length] = 0;
        return true;
    }

    private static byte* MakeAttributes()
    {
        var attributes = (byte*)NativeMemory.AllocZeroed(Libc.SpawnAttributesSize);
        var none = stackalloc byte[Libc.SignalSetSize];
        new Span<byte>(none, Libc.SignalSetSize).Clear();
        Libc.posix_spawnattr_init(attributes);
        Libc.posix_spawnattr_setsigmask(attributes, none);
        // Handlers do not survive execve(2); only what this process ignores would be inherited. Each signal named here costs a child a system call.
        var ignored = none;
        for (var number = 1; number <= 64; number++)
        {
            // The two that glibc keeps for itself it makes a child ignore, unless they are named.
            if (number is 32 or 33 || Libc.IsIgnored(number)) ignored[(number - 1) / 8] |= (byte)(1 << ((number - 1) % 8));
        }
        Libc.posix_spawnattr_setsigdefault(attributes, ignored);
        Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSID);
        return attributes;
    }
}
