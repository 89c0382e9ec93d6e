using System.Runtime.InteropServices;

namespace Stateroom.Native;

// What the file API needs beyond Libc.Files: system calls by number, so that one entry point serves them all under other credentials.
internal static unsafe partial class Libc
{
    public const int AT_FDCWD = -100, O_NOCTTY = 0x100, RENAME_NOREPLACE = 1, UTIME_OMIT = 0x3ffffffe;
    public const int S_IFIFO = 0x1000, S_IFSOCK = 0xC000;
    public const ulong RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8;

    /// <summary>struct open_how of openat2(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>struct timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    // A property: static fields of other parts of this class may be initialised later than these.
    private static bool OnArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Numbers of system calls; those from 424 up are the same everywhere.</summary>
    public static readonly nint
        SysOpenat = OnArm64 ? 56 : 257, SysOpenat2 = 437, SysMkdirat = OnArm64 ? 34 : 258, SysSymlinkat = OnArm64 ? 36 : 266, SysLinkat = OnArm64 ? 37 : 265,
        SysUnlinkat = OnArm64 ? 35 : 263, SysRenameat2 = OnArm64 ? 276 : 316, SysFchmodat = OnArm64 ? 53 : 268, SysStatx = OnArm64 ? 291 : 332,
        SysUtimensat = OnArm64 ? 88 : 280, SysReadlinkat = OnArm64 ? 78 : 267, SysInotifyAddWatch = OnArm64 ? 27 : 254,
        SysSetfsuid = OnArm64 ? 151 : 122, SysSetfsgid = OnArm64 ? 152 : 123;

    /// <summary>syscall(2) with five arguments, as many as any of them takes.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint system_call(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int inotify_rm_watch(int fd, int watch);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);
}
