using System.Runtime.InteropServices;

namespace Stateroom.Native;

// Starting, watching and ending processes: posix_spawn(3), waitpid(2), pidfd_open(2).
internal static unsafe partial class Libc
{
    public const int SIGKILL = 9;

    public const int WNOHANG = 1;

    public const short POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;

    /// <summary>Room for glibc's opaque types: posix_spawnattr_t is 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128.</summary>
    public const int SpawnAttributesSize = 512, SpawnActionsSize = 128, SignalSetSize = 128;

    // The posix_spawn family returns the error number and leaves errno alone.
    [LibraryImport("libc")]
    public static partial int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** environment);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(void* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(void* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(void* attributes, byte* set);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(void* attributes, byte* set);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(void* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(void* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(void* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(void* actions, int source, int target);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addchdir_np(void* actions, byte* path);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    /// <summary>pidfd_open(2), which older C libraries have no function for.</summary>
    public static int pidfd_open(int pid) => (int)syscall(SysPidfdOpen, pid, 0, 0, 0);

    /// <summary>pidfd_send_signal(2).</summary>
    public static int pidfd_send_signal(int pidfd, int signal) => (int)syscall(SysPidfdSendSignal, pidfd, signal, 0, 0);

    // The same numbers on every architecture since Linux 5.0.
    private const nint SysPidfdSendSignal = 424, SysPidfdOpen = 434;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint first, nint second, nint third, nint fourth);
}
