using Stateroom.Guest.Connections;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Execs;

/// <summary>The write end of a process's standard input, and what it has not taken yet; the client's credit bounds that.</summary>
internal sealed unsafe class InputPipe : EventSource
{
    private readonly Queue<byte[]> _waiting = new();
    private readonly Connection _connection;
    private readonly uint _channel;
    private int _offset;
    private bool _ending;
    private bool _watching;

    public InputPipe(int fd, Connection connection, uint channel)
    {
        Fd = fd;
        (_connection, _channel) = (connection, channel);
        Libc.fcntl(fd, Libc.F_SETFL, Libc.O_NONBLOCK);
    }

    public void Write(ReadOnlySpan<byte> data, bool end)
    {
        _ending |= end;
        if (Fd < 0)
        {
            // The process has closed it: the client must not wait for room.
            Grant(data.Length);
            return;
        }
        if (data.Length > 0) _waiting.Enqueue(data.ToArray());
        Pump();
    }

    public override void OnReady(uint events) => Pump();

    public void Close()
    {
        if (Fd < 0) return;
        if (_watching) EventLoop.Remove(Fd);
        Libc.close(Fd);
        Fd = -1;
        _waiting.Clear();
    }

    private void Pump()
    {
        while (_waiting.TryPeek(out var data))
        {
            nint n;
            fixed (byte* start = data) n = Libc.write(Fd, start + _offset, (nuint)(data.Length - _offset));
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n < 0 && Libc.Errno == Libc.EAGAIN)
            {
                if (!_watching) EventLoop.Add(this, Libc.EPOLLOUT);
                _watching = true;
                return;
            }
            if (n < 0)
            {
                Close();
                _connection.Send(FrameType.InputClosed, _channel);
                return;
            }
            _offset += (int)n;
            if (_offset < data.Length) continue;
            _waiting.Dequeue();
            _offset = 0;
            Grant(data.Length);
        }
        if (_ending) Close();
        else if (_watching)
        {
            EventLoop.Remove(Fd);
            _watching = false;
        }
    }

    private void Grant(int bytes)
    {
        if (bytes == 0) return;
        Span<byte> payload = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(payload, (uint)bytes);
        _connection.Send(FrameType.Credit, _channel, payload);
    }
}
