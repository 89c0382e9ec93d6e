using System.Runtime.InteropServices;

namespace Stateroom.Native;

internal static unsafe partial class Libc
{
    private const int MSG_NOSIGNAL = 0x4000, SOL_SOCKET = 1, SCM_RIGHTS = 1;

    public const short POLLIN = 1, POLLOUT = 4;

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
        public int Descriptor;
        private readonly int _padding;
    }

    /// <summary>struct pollfd of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    /// <summary>Sends all of <paramref name="data"/>, with one descriptor on its first byte if <paramref name="descriptor"/> is not negative (unix(7)).
    /// The socket may be non-blocking. Returns 0 or an errno; EAGAIN if the other end took nothing for <paramref name="patienceMilliseconds"/>.</summary>
    public static int SendAll(int socket, ReadOnlySpan<byte> data, int descriptor, int patienceMilliseconds)
    {
        fixed (byte* start = data)
        {
            for (var sent = 0; sent < data.Length;)
            {
                var vector = new IoVector { Base = start + sent, Length = (nuint)(data.Length - sent) };
                var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
                // CMSG_LEN(sizeof(int)) is 20, CMSG_SPACE 24 (cmsg(3)).
                var control = new ControlHeader { Length = 20, Level = SOL_SOCKET, Type = SCM_RIGHTS, Descriptor = descriptor };
                if (descriptor >= 0 && sent == 0)
                {
                    message.Control = &control;
                    message.ControlLength = (nuint)sizeof(ControlHeader);
                }
                var n = sendmsg(socket, &message, MSG_NOSIGNAL);
                if (n >= 0) sent += (int)n;
                else if (Errno == EAGAIN)
                {
                    var wait = new PollDescriptor { Fd = socket, Events = POLLOUT };
                    if (poll(&wait, 1, patienceMilliseconds) == 0) return EAGAIN;
                }
                else if (Errno != EINTR) return Errno;
            }
        }
        return 0;
    }
}
