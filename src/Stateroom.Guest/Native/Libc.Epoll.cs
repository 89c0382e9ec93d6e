using System.Runtime.InteropServices;

namespace Stateroom.Guest.Native;

internal static unsafe partial class Libc
{
    public const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16;

    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;

#if ARM64
    [StructLayout(LayoutKind.Sequential)]
#else
    // Packed on x86-64 alone, see epoll_event in <sys/epoll.h>.
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
#endif
    public struct EpollEvent
    {
        public uint Events;
        public ulong Data;
    }

    [LibraryImport("libc", SetLastError = true)] public static partial int epoll_create1(int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int epoll_ctl(int epoll, int operation, int fd, EpollEvent* value);
    [LibraryImport("libc", SetLastError = true)] public static partial int epoll_wait(int epoll, EpollEvent* events, int count, int milliseconds);
}
