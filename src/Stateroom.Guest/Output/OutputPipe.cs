using System.Runtime.InteropServices;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Output;

/// <summary>The read end of one output stream.</summary>
internal sealed unsafe class OutputPipe : EventSource
{
    private const int HeadRoom = FrameHeader.Size + LogRecord.HeaderSize;

    // The default capacity of a pipe is 64 KiB (pipe(7)); larger reads find more only in enlarged ones.
    private const int ReadsPerTurn = 4;

    private static readonly byte* Frame = (byte*)NativeMemory.Alloc(HeadRoom + Payloads.MaxOutput);

    // What a terminal holds for its master is less (tty_buffer.c: 64 KiB, and the 4 KiB of the line discipline).
    private const int MostInTerminal = 256 << 10;

    private readonly LogRecordKind _stream;
    private readonly Action _closed;
    private readonly bool _isTerminal;
    private bool _isHeld;

    public OutputPipe(int fd, OutputSink sink, LogRecordKind stream, Action closed, bool isTerminal = false)
    {
        Fd = fd;
        (Sink, _stream, _closed, _isTerminal) = (sink, stream, closed, isTerminal);
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    /// <value>Where the output goes. That of a shell's terminal changes with each command.</value>
    public OutputSink Sink { get; set; }

    public bool IsOpen => Fd >= 0;

    public override void OnReady(uint events)
    {
        for (var i = 0; i < ReadsPerTurn; i++)
        {
            if (!Sink.CanTake)
            {
                Hold();
                return;
            }
            if (ReadOnce(Payloads.MaxOutput) < Payloads.MaxOutput) return;
        }
    }

    /// <summary>Reads again after it was held.</summary>
    public void GoOn()
    {
        if (!_isHeld) return;
        _isHeld = false;
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    /// <summary>Takes what is in the pipe now, and no more: a background process may write for ever.</summary>
    public void Drain()
    {
        if (!IsOpen) return;
        if (_isTerminal)
        {
            // A read of the master first brings over all that was written before it (n_tty.c); FIONREAD does not.
            for (int taken = 0, n; taken < MostInTerminal && (n = ReadOnce(Payloads.MaxOutput)) > 0;) taken += n;
            return;
        }
        int waiting;
        if (Libc.ioctl(Fd, Libc.FIONREAD, &waiting) != 0) waiting = 0;
        while (waiting > 0)
        {
            var n = ReadOnce(Math.Min(waiting, Payloads.MaxOutput));
            if (n <= 0) return;
            waiting -= n;
        }
    }

    /// <summary>Closes it if there is nothing left to read and no writer: now instead of in a later turn of the loop.</summary>
    public void CloseIfDone()
    {
        if (IsOpen) ReadOnce(1);
    }

    public void Close()
    {
        if (!IsOpen) return;
        if (!_isHeld) EventLoop.Remove(Fd);
        _isHeld = false;
        Libc.close(Fd);
        Fd = -1;
        _closed();
    }

    // Out of the loop: the hang-up of a pipe is told whether one asks for it or not (epoll_ctl(2)).
    private void Hold()
    {
        _isHeld = true;
        EventLoop.Remove(Fd);
        Sink.AwaitSlow();
        Sink.Log.Hold(this);
    }

    /// <summary>Bytes taken; 0 if there is nothing now or the pipe has been closed.</summary>
    private int ReadOnce(int count)
    {
        while (true)
        {
            var n = (int)Libc.read(Fd, Frame + HeadRoom, (nuint)count);
            if (n > 0)
            {
                Sink.Take(_stream, Frame, n);
                return n;
            }
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n < 0 && Libc.Errno == Libc.EAGAIN) return 0;
            Close();
            return 0;
        }
    }
}
