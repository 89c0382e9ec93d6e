using System.Runtime.InteropServices;

namespace Stateroom.Native;

// epoll(7)
internal static unsafe partial class Libc
{
    public const uint EPOLLIN = 1;

    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2;

    private const int EPOLL_CLOEXEC = 0x80000;

    /// <summary>Whether struct epoll_event is packed, as it is on x86-64 alone.</summary>
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Bytes of one struct epoll_event.</summary>
    public static readonly int EpollEventSize = Packed ? 12 : 16;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int fd, byte* value);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int count, int milliseconds);

    /// <summary>A new epoll descriptor, closed at exec.</summary>
    public static int EpollCreate() => epoll_create1(EPOLL_CLOEXEC);

    /// <summary>Adds or removes a descriptor whose events carry <paramref name="data"/>.</summary>
    public static int EpollControl(int epoll, int operation, int fd, ulong data)
    {
        var value = stackalloc byte[16];
        *(uint*)value = EPOLLIN;
        *(ulong*)(value + EpollEventSize - 8) = data;
        return epoll_ctl(epoll, operation, fd, value);
    }

    /// <summary>What the n-th event of a buffer carries.</summary>
    public static ulong EpollData(byte* events, int n) => *(ulong*)(events + ((n + 1) * EpollEventSize) - 8);
}
