using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Output;
using Stateroom.Protocol;

namespace Stateroom.Guest.Connections;

/// <summary>One client: reads frames and hands them to the dispatcher, sends frames and keeps what the socket does not take.</summary>
internal sealed unsafe class Connection : EventSource
{
    // Beyond this much unsent data output is no longer queued for this client: it falls behind and reads the log.
    private const int Congested = 1 << 20;

    private readonly SendQueue _queue = new();
    private readonly ReceiveBuffer _received = new();
    private readonly Dictionary<uint, IChannel> _channels = [];
    private List<Follower>? _waiting;
    private bool _broken;

    public Connection(int fd)
    {
        Fd = fd;
        EventLoop.Add(this, Libc.EPOLLIN);
        Room.ConnectionOpened();
    }

    /// <value>True once the client's version is known to be ours.</value>
    public bool IsWelcome { get; set; }

    public bool IsClosed => Fd < 0 || _broken;

    public bool IsCongested => _queue.Length >= Congested;

    /// <summary>The descriptor that came with the frame in hand. The caller owns it.</summary>
    public int TakeDescriptor() => _received.TakeDescriptor();

    public IChannel? Find(uint channel) => _channels.GetValueOrDefault(channel);

    public void Register(uint channel, IChannel owner)
    {
        if (!_channels.TryAdd(channel, owner)) throw new ProtocolException("a channel is used twice");
    }

    public void Forget(uint channel) => _channels.Remove(channel);

    public void NotifyWhenClear(Follower follower)
    {
        if (!(_waiting ??= []).Contains(follower)) _waiting.Add(follower);
    }

    public override void OnReady(uint events)
    {
        if (IsClosed) return;
        if ((events & Libc.EPOLLOUT) != 0) Flush();
        if ((events & (Libc.EPOLLIN | Libc.EPOLLHUP | Libc.EPOLLERR)) == 0) return;
        try
        {
            while (!IsClosed)
            {
                var n = _received.Fill(Fd);
                if (n == 0) Break();
                if (n <= 0) return;
                while (!IsClosed && _received.TryTakeFrame(out var header, out var payload)) Dispatcher.Handle(this, header, payload);
                _received.Compact();
            }
        }
        catch (ProtocolException e)
        {
            // One bad client must not cost the others their room.
            Console.Error.WriteLine(e.Message);
            Break();
        }
    }

    public void Send(FrameType type, uint channel, ReadOnlySpan<byte> payload = default)
    {
        var size = FrameHeader.Size + payload.Length;
        var frame = stackalloc byte[size];
        payload.CopyTo(new Span<byte>(frame + FrameHeader.Size, payload.Length));
        SendFrame(frame, type, channel, payload.Length);
    }

    /// <summary>Sends a frame whose payload lies behind room for its header.</summary>
    public void SendFrame(byte* frame, FrameType type, uint channel, int payloadLength, FrameFlags flags = FrameFlags.None)
    {
        if (IsClosed) return;
        new FrameHeader(payloadLength, type, flags, channel).Write(new Span<byte>(frame, FrameHeader.Size));
        var size = FrameHeader.Size + payloadLength;
        Failpoint.Torn(GuestFailpoint.FrameTorn, Fd, frame, size);
        var sent = 0;
        while (_queue.Length == 0 && sent < size)
        {
            var n = Libc.send(Fd, frame + sent, (nuint)(size - sent), Libc.MSG_NOSIGNAL);
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n < 0 && Libc.Errno == Libc.EAGAIN)
            {
                EventLoop.Change(this, Libc.EPOLLIN | Libc.EPOLLOUT);
                break;
            }
            if (n < 0)
            {
                Break();
                return;
            }
            sent += (int)n;
        }
        if (sent < size) _queue.Add(frame + sent, size - sent);
        Failpoint.Hit(GuestFailpoint.FrameSent);
    }

    /// <summary>Ends the connection after what was sent.</summary>
    public void Finish() => Break();

    /// <summary>The client has gone. Whoever sends is in the middle of its own lists, so they are told only when this turn of the loop is over.</summary>
    private void Break()
    {
        _broken = true;
        EventLoop.Later(Close);
    }

    public void Close()
    {
        if (Fd < 0) return;
        EventLoop.Remove(Fd);
        Libc.close(Fd);
        Fd = -1;
        _queue.Free();
        _received.Free();
        foreach (var channel in _channels) channel.Value.ClientGone(channel.Key);
        _channels.Clear();
        Room.ConnectionClosed();
    }

    private void Flush()
    {
        if (!_queue.TrySend(Fd))
        {
            Break();
            return;
        }
        if (_queue.Length > 0) return;
        EventLoop.Change(this, Libc.EPOLLIN);
        var waiting = _waiting;
        _waiting = null;
        foreach (var follower in waiting ?? []) follower.Grant(0);
    }
}

/// <summary>What a channel of a connection stands for.</summary>
internal interface IChannel
{
    /// <summary>A frame about this channel has come.</summary>
    void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection connection);

    /// <summary>The client has gone without a word. What runs goes on.</summary>
    void ClientGone(uint channel);
}
