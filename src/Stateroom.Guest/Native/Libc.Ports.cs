using System.Runtime.InteropServices;

namespace Stateroom.Guest.Native;

// The room's loopback, and descriptors that are handed out.
internal static unsafe partial class Libc
{
    public const int AF_INET = 2, SOCK_STREAM = 1, SO_REUSEADDR = 2, SHUT_RDWR = 2, MSG_DONTWAIT = 0x40, SOMAXCONN = 4096;

    /// <summary>struct sockaddr_in of ip(7); port and address in network order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct InternetAddress
    {
        public ushort Family;
        public ushort Port;
        public uint Address;
        private readonly ulong _padding;
    }

    [LibraryImport("libc", SetLastError = true)] public static partial int socket(int family, int type, int protocol);
    [LibraryImport("libc", SetLastError = true)] public static partial int listen(int fd, int backlog);
    [LibraryImport("libc", SetLastError = true)] public static partial int shutdown(int fd, int how);
    [LibraryImport("libc", SetLastError = true)] private static partial int bind(int fd, InternetAddress* address, uint length);
    [LibraryImport("libc", SetLastError = true)] private static partial int setsockopt(int fd, int level, int option, int* value, uint length);
    [LibraryImport("libc", SetLastError = true)] private static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    /// <summary>Binds to 127.0.0.1.</summary>
    public static int BindLoopback(int fd, ushort port)
    {
        var address = new InternetAddress { Family = AF_INET, Port = Swap(port), Address = Loopback };
        return bind(fd, &address, (uint)sizeof(InternetAddress));
    }

    /// <summary>Whether this socket and another one that says so may be bound to one address while neither listens (socket(7)).</summary>
    public static int SetReuseAddress(int fd, bool value)
    {
        var number = value ? 1 : 0;
        return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &number, sizeof(int));
    }

    /// <summary>Sends a byte with a descriptor on it (unix(7)).</summary>
    public static nint SendDescriptor(int socket, int descriptor)
    {
        byte mark = 0;
        // CMSG_LEN(sizeof(int)) is 20, CMSG_SPACE 24 (cmsg(3)).
        var control = stackalloc byte[24];
        *(ControlHeader*)control = new ControlHeader { Length = 20, Level = SOL_SOCKET, Type = SCM_RIGHTS };
        *(int*)(control + sizeof(ControlHeader)) = descriptor;
        var vector = new IoVector { Base = &mark, Length = 1 };
        var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 24 };
        return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    // 127.0.0.1 as it lies in memory on a little-endian machine.
    private const uint Loopback = 0x0100007f;

    private static ushort Swap(ushort value) => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
}
