using System.Runtime.InteropServices;

namespace Stateroom.Guest.Native;

// Files at an offset, and the clock that process starts are told by.
internal static unsafe partial class Libc
{
    public const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2;

    public const int CLOCK_BOOTTIME = 7;

    /// <summary>struct timespec of clock_gettime(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)] public static partial nint pwrite(int fd, byte* buffer, nuint count, long offset);
    [LibraryImport("libc", SetLastError = true)] public static partial int fallocate(int fd, int mode, long offset, long length);
    [LibraryImport("libc", SetLastError = true)] public static partial int clock_gettime(int clock, TimeSpec* time);
}
