using System.Runtime.InteropServices;

namespace Stateroom.Guest.Native;

internal static unsafe partial class Libc
{
    public const short POSIX_SPAWN_SETSIGDEF = 0x04, POSIX_SPAWN_SETSIGMASK = 0x08, POSIX_SPAWN_SETSID = 0x80;

    /// <summary>Room for posix_spawnattr_t (336 bytes in glibc) and posix_spawn_file_actions_t (80 bytes).</summary>
    public const int SpawnAttributesSize = 512, SpawnActionsSize = 128, SignalSetSize = 128;

    [LibraryImport("libc")] public static partial int posix_spawn(int* pid, byte* path, void* actions, void* attributes, byte** argv, byte** envp);
    [LibraryImport("libc")] public static partial int posix_spawnattr_init(void* attributes);
    [LibraryImport("libc")] public static partial int posix_spawnattr_setflags(void* attributes, short flags);
    [LibraryImport("libc")] public static partial int posix_spawnattr_setsigmask(void* attributes, byte* mask);
    [LibraryImport("libc")] public static partial int posix_spawnattr_setsigdefault(void* attributes, byte* mask);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_init(void* actions);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_destroy(void* actions);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_addfchdir_np(void* actions, int fd);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int first);

    [LibraryImport("libc", SetLastError = true)] private static partial int sigaction(int number, void* action, byte* old);

    /// <summary>Whether this process ignores a signal: struct sigaction begins with its handler, and SIG_IGN is 1.</summary>
    public static bool IsIgnored(int number)
    {
        var old = stackalloc byte[256];
        return sigaction(number, null, old) == 0 && *(nint*)old == 1;
    }
}
