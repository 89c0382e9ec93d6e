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

    private readonly OutputSink _sink;
    private readonly LogRecordKind _stream;
    private readonly Action _closed;

    public OutputPipe(int fd, OutputSink sink, LogRecordKind stream, Action closed)
    {
        Fd = fd;
        (_sink, _stream, _closed) = (sink, stream, closed);
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    public bool IsOpen => Fd >= 0;

    public override void OnReady(uint events)
    {
        for (var i = 0; i < ReadsPerTurn && ReadOnce(Payloads.MaxOutput) == Payloads.MaxOutput; i++) { }
    }

    /// <summary>Takes what is in the pipe now, and no more: a background process may write for ever.</summary>
    public void Drain()
    {
        if (!IsOpen) return;
        int waiting;
        if (Libc.ioctl(Fd, Libc.FIONREAD, &waiting) != 0) waiting = 0;
        while (waiting > 0)
        {
            var n = ReadOnce(Math.Min(waiting, Payloads.MaxOutput));
            if (n <= 0) return;
            waiting -= n;
        }
        // Nothing left to read and no writer left: this sees the end of file now instead of in a later turn of the loop.
        ReadOnce(1);
    }

    public void Close()
    {
        if (!IsOpen) return;
        EventLoop.Remove(Fd);
        Libc.close(Fd);
        Fd = -1;
        _closed();
    }

    /// <summary>Bytes taken; 0 if there is nothing now or the pipe has been closed.</summary>
    private int ReadOnce(int count)
    {
        while (true)
        {
            var n = (int)Libc.read(Fd, Frame + HeadRoom, (nuint)count);
            if (n > 0)
            {
                _sink.Take(_stream, Frame, n);
                return n;
            }
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n < 0 && Libc.Errno == Libc.EAGAIN) return 0;
            Close();
            return 0;
        }
    }
}
