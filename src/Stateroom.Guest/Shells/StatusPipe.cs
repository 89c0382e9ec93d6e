using System.Buffers.Text;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Output;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>
/// The shell's standard output: a mark and a number after each command, with a dash before the number if it was interrupted. Anything else there was printed outside of a command, such as by an EXIT trap.
/// </summary>
internal sealed unsafe class StatusPipe : EventSource
{
    private const int MaxStray = 64 << 10;

    // As a shell tells it of a command that was ended by SIGINT (POSIX, 2.8.2).
    private const int Interrupted = 130;

    private readonly byte[] _mark;
    private readonly Action<int> _status;
    private byte[] _text = [];

    public StatusPipe(int fd, byte[] mark, Action<int> status)
    {
        Fd = fd;
        (_mark, _status) = (mark, status);
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    /// <summary>What an EXIT trap prints comes when the command's own streams are closed already; it belongs to the command that ended the shell.</summary>
    public void GiveStrayTo(OutputSink sink)
    {
        if (_text.Length == 0) return;
        const int HeadRoom = FrameHeader.Size + LogRecord.HeaderSize;
        var frame = new byte[HeadRoom + _text.Length];
        _text.CopyTo(frame.AsSpan(HeadRoom));
        fixed (byte* start = frame) sink.Take(LogRecordKind.Stdout, start, _text.Length);
    }

    public override void OnReady(uint events)
    {
        var buffer = stackalloc byte[512];
        while (Fd >= 0)
        {
            var n = (int)Libc.read(Fd, buffer, 512);
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n == 0) Close();
            if (n <= 0) return;
            Take(new ReadOnlySpan<byte>(buffer, n));
            if (n < 512) return;
        }
    }

    public void Close()
    {
        if (Fd < 0) return;
        EventLoop.Remove(Fd);
        Libc.close(Fd);
        Fd = -1;
    }

    private void Take(ReadOnlySpan<byte> data)
    {
        // Nearly always one whole status, alone.
        if (_text.Length == 0 && TryParse(data, out var status, out var used) && used == data.Length)
        {
            _status(status);
            return;
        }
        _text = [.. _text, .. data];
        for (var at = _text.AsSpan().IndexOf(_mark); at >= 0; at = _text.AsSpan().IndexOf(_mark))
        {
            if (!TryParse(_text.AsSpan(at), out status, out used)) return;
            _text = _text[(at + used)..];
            _status(status);
        }
        if (_text.Length > MaxStray) _text = _text[^MaxStray..];
    }

    private bool TryParse(ReadOnlySpan<byte> data, out int status, out int used)
    {
        (status, used) = (0, 0);
        if (!data.StartsWith(_mark)) return false;
        var text = data[_mark.Length..];
        var end = text.IndexOf((byte)'\n');
        if (end <= 0) return false;
        var digits = text[..end].TrimStart((byte)'-');
        if (!Utf8Parser.TryParse(digits, out status, out var consumed) || consumed != digits.Length) return false;
        if (digits.Length < end) status = Interrupted;
        used = _mark.Length + end + 1;
        return true;
    }
}
