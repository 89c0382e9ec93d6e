using Stateroom.Guest.Connections;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Listeners;

/// <summary>
/// A port of the room's loopback that clients listen on, one at a time. While nobody has it a socket that is bound and does not listen keeps it: connections
/// are refused at once. Each holder gets a socket of its own, which the guest shuts when the holder goes, so that a copy in its hands is dead.
/// </summary>
internal sealed class RoomPort
{
    private const uint Highest = ushort.MaxValue;

    private static readonly Dictionary<ushort, RoomPort> Ports = [];

    private readonly LinkedList<PortRequest> _queue = new();
    private readonly ushort _number;
    private PortRequest? _holder;
    private int _socket = -1;

    private RoomPort(ushort number) => _number = number;

    /// <summary>A client wants to listen.</summary>
    public static void Listen(Connection connection, uint channel, ReadOnlySpan<byte> payload)
    {
        var handOver = connection.TakeDescriptor();
        try
        {
            var number = new PayloadReader(payload).U32();
            if (number is 0 or > Highest) throw new ProtocolException("there is no such port");
            if (!Ports.TryGetValue((ushort)number, out var port)) Ports[(ushort)number] = port = new RoomPort((ushort)number);
            var request = new PortRequest(port, connection, channel, handOver);
            connection.Register(channel, request);
            handOver = -1;
            Failpoint.Hit(GuestFailpoint.ListenTaken);
            port._queue.AddLast(request);
            port.GrantNext();
        }
        finally
        {
            if (handOver >= 0) Libc.close(handOver);
        }
    }

    /// <summary>A client lets go of the port, or of its place in the queue.</summary>
    public void LetGo(PortRequest request)
    {
        _queue.Remove(request);
        if (_holder != request) return;
        _holder = null;
        Shut();
        GrantNext();
    }

    private void GrantNext()
    {
        while (_holder is null && _queue.First is { } first)
        {
            _queue.RemoveFirst();
            var errno = Open();
            if (errno != 0) first.Value.Refuse(errno);
            else if (first.Value.Grant(_socket)) _holder = first.Value;
            else Shut();
        }
    }

    /// <summary>Begins to listen. 0 or an errno, EADDRINUSE if a program in the room has the port.</summary>
    private int Open()
    {
        if (_socket < 0 && (_socket = Bind(out var errno)) < 0) return errno;
        // The connections that are accepted inherit it, and must not be in the way of the next socket.
        Libc.SetReuseAddress(_socket, true);
        if (Libc.listen(_socket, Libc.SOMAXCONN) == 0)
        {
            Failpoint.Hit(GuestFailpoint.PortOpened);
            return 0;
        }
        errno = Libc.Errno;
        Libc.close(_socket);
        _socket = -1;
        return errno;
    }

    /// <summary>Ends the listening. A new socket is bound before the old one is closed, so that no program in the room comes in between.</summary>
    private void Shut()
    {
        var old = _socket;
        Libc.shutdown(old, Libc.SHUT_RDWR);
        _socket = Bind(out _);
        Libc.close(old);
        Failpoint.Hit(GuestFailpoint.PortShut);
    }

    /// <summary>A socket that has the port and does not listen, or -1.</summary>
    private int Bind(out int errno)
    {
        var fd = Libc.socket(Libc.AF_INET, Libc.SOCK_STREAM | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        errno = fd < 0 ? Libc.Errno : 0;
        if (fd < 0) return -1;
        // Only where an earlier socket or its connections are in the way: a port that was taken so could be taken by a program in the room that does the same.
        if (Libc.BindLoopback(fd, _number) == 0 || (Libc.SetReuseAddress(fd, true) == 0 && Libc.BindLoopback(fd, _number) == 0))
        {
            Libc.SetReuseAddress(fd, false);
            return fd;
        }
        errno = Libc.Errno;
        Libc.close(fd);
        return -1;
    }
}
