using System.Runtime.InteropServices;

namespace Stateroom.Native;

// Descriptors that come from another process (unix(7)).
internal static unsafe partial class Libc
{
    private const int MSG_DONTWAIT = 0x40, MSG_CMSG_CLOEXEC = 0x40000000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int fd, MessageHeader* message, int flags);

    /// <summary>Two connected Unix sockets. Returns 0 or an errno.</summary>
    public static int SocketPair(out int first, out int second)
    {
        var ends = stackalloc int[2];
        var errno = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : Errno;
        (first, second) = errno == 0 ? (ends[0], ends[1]) : (-1, -1);
        return errno;
    }

    /// <summary>The descriptor that lies ready on a socket, or -1. The caller owns it.</summary>
    public static int ReceiveDescriptor(int socket)
    {
        byte mark;
        var vector = new IoVector { Base = &mark, Length = 1 };
        var control = new ControlHeader { Descriptor = -1 };
        var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(ControlHeader) };
        var n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        return n > 0 && message.ControlLength > 0 && control is { Level: SOL_SOCKET, Type: SCM_RIGHTS } ? control.Descriptor : -1;
    }
}
