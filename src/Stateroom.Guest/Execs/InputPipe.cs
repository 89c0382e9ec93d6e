using System.Buffers.Binary;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Terminals;
using Stateroom.Protocol;

namespace Stateroom.Guest.Execs;

/// <summary>
/// The write end of a process's standard input, and what it has not taken yet; the credit of the clients that write bounds that. It may be filled
/// before it is opened.
/// </summary>
internal sealed unsafe class InputPipe : EventSource
{
    private readonly Queue<Piece> _waiting = new();
    private Terminal? _terminal;
    private int _offset;
    private byte _last = (byte)'\n';
    private bool _ending, _watching, _closed, _held;

    /// <summary>Opens it on a pipe.</summary>
    /// <param name="fd">The write end; owned from now on.</param>
    /// <param name="held">True if it must not be closed before <see cref="Replace"/>: nobody may have opened the other end yet.</param>
    public void Open(int fd, bool held = false)
    {
        Fd = fd;
        _held = held;
        Libc.fcntl(fd, Libc.F_SETFL, Libc.O_NONBLOCK);
        Pump();
    }

    /// <summary>Opens it on a terminal.</summary>
    public void Open(Terminal terminal)
    {
        _terminal = terminal;
        if (_ending) EndLine();
        Open(terminal.Duplicate());
    }

    /// <summary>The other end is open: from here on an end of the input is one, and so is an end of the reader.</summary>
    public void Replace(int fd)
    {
        if (_closed)
        {
            Libc.close(fd);
            return;
        }
        var old = Fd;
        if (_watching) EventLoop.Remove(old);
        _watching = false;
        Open(fd);
        Libc.close(old);
    }

    public void Write(ReadOnlySpan<byte> data, bool end, Connection connection, uint channel)
    {
        if (_closed || _ending)
        {
            // The client must not wait for room that nobody makes.
            Grant(connection, channel, data.Length);
            if (_closed) connection.Send(FrameType.InputClosed, channel);
            return;
        }
        if (data.Length > 0)
        {
            _waiting.Enqueue(new Piece(data.ToArray(), connection, channel));
            _last = data[^1];
        }
        _ending = end;
        if (end && _terminal is not null) EndLine();
        if (Fd >= 0) Pump();
    }

    public override void OnReady(uint events) => Pump();

    public void Close()
    {
        if (_closed) return;
        _closed = true;
        foreach (var piece in _waiting) piece.Connection?.Send(FrameType.InputClosed, piece.Channel);
        _waiting.Clear();
        if (Fd < 0) return;
        if (_watching) EventLoop.Remove(Fd);
        Libc.close(Fd);
        Fd = -1;
    }

    // A terminal's input ends with a character; behind a line without an end the first one only hands the line over (termios(3), VEOF).
    private void EndLine()
    {
        var end = _terminal!.EndOfFile;
        _waiting.Enqueue(new Piece(_last is (byte)'\n' or (byte)'\r' ? [end] : [end, end], null, 0));
    }

    private void Pump()
    {
        while (_waiting.TryPeek(out var piece))
        {
            nint n;
            Failpoint.Hit(GuestFailpoint.InputTaken);
            fixed (byte* start = piece.Data) n = Libc.write(Fd, start + _offset, (nuint)(piece.Data.Length - _offset));
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
                return;
            }
            Failpoint.Hit(GuestFailpoint.InputWritten);
            _offset += (int)n;
            if (_offset < piece.Data.Length) continue;
            _waiting.Dequeue();
            _offset = 0;
            if (piece.Connection is { } sender) Grant(sender, piece.Channel, piece.Data.Length);
        }
        if (_watching) EventLoop.Remove(Fd);
        _watching = false;
        if (_ending && !_held) Close();
    }

    private static void Grant(Connection connection, uint channel, int bytes)
    {
        if (bytes == 0) return;
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, (uint)bytes);
        connection.Send(FrameType.Credit, channel, payload);
    }

    private readonly record struct Piece(byte[] Data, Connection? Connection, uint Channel);
}
