using System.Runtime.InteropServices;

namespace Stateroom.Guest.Native;

internal static unsafe partial class Libc
{
    public const int O_NOCTTY = 0x100, F_DUPFD_CLOEXEC = 1030;

    // ioctl_tty(2); the numbers of x86-64 and arm64.
    public const nuint TCGETS = 0x5401, TIOCGPGRP = 0x540F, TIOCSWINSZ = 0x5414, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431;

    public const uint IN_OPEN = 0x20;

    /// <summary>struct winsize of ioctl_tty(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelWidth;
        public ushort PixelHeight;
    }

    [LibraryImport("libc", SetLastError = true)] public static partial int inotify_init1(int flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int inotify_add_watch(int fd, string path, uint mask);
    [LibraryImport("libc", SetLastError = true)] public static partial int inotify_rm_watch(int fd, int watch);
    [LibraryImport("libc")] public static partial int posix_spawn_file_actions_addopen(void* actions, int fd, byte* path, int flags, int mode);
}
