using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Output;

/// <summary>
/// The file of a process's or shell's records: it lies outside of the room and came as a descriptor. Only ever appended to.
/// When it cannot be written any more the process goes on, and its end says that the log is not complete.
/// </summary>
internal sealed unsafe class OutputLog(int fd, long length, long limit)
{
    private readonly long _started = Timers.NowMilliseconds;
    private int _fd = fd;

    /// <value>Offset of the next record.</value>
    public long Length { get; private set; } = length;

    /// <value>The errno that ended the writing, or 0.</value>
    public int Errno { get; private set; }

    public bool IsIncomplete => Errno != 0 || IsCut;

    public bool IsCut { get; private set; }

    public uint ElapsedMilliseconds => (uint)Math.Min(Timers.NowMilliseconds - _started, uint.MaxValue);

    /// <summary>Appends one record; <paramref name="record"/> points to its header, already written.</summary>
    public void Append(byte* record, int size)
    {
        if (IsIncomplete || _fd < 0) return;
        if (limit > 0 && Length + size > limit)
        {
            var cut = stackalloc byte[LogRecord.HeaderSize];
            new LogRecord(0, LogRecordKind.Cut, false, 0, ElapsedMilliseconds, 0).Write(new Span<byte>(cut, LogRecord.HeaderSize));
            Write(cut, LogRecord.HeaderSize);
            IsCut = true;
            return;
        }
        Write(record, size);
    }

    /// <summary>Appends a record of a few bytes.</summary>
    public void Append(LogRecordKind kind, uint command, ReadOnlySpan<byte> data)
    {
        var size = LogRecord.HeaderSize + data.Length;
        var record = stackalloc byte[size];
        var span = new Span<byte>(record, size);
        new LogRecord(data.Length, kind, false, command, ElapsedMilliseconds, 0).Write(span);
        data.CopyTo(span[LogRecord.HeaderSize..]);
        // The end is worth its few bytes beyond any limit: without it the outcome would be lost.
        if (Errno == 0 && _fd >= 0) Write(record, size);
    }

    public void Close()
    {
        if (_fd >= 0) Libc.close(_fd);
        _fd = -1;
    }

    private void Write(byte* data, int size)
    {
        for (var done = 0; done < size;)
        {
            var n = Libc.write(_fd, data + done, (nuint)(size - done));
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n < 0)
            {
                Errno = Libc.Errno;
                // A torn record would hide all that follows; take it back if the disk lets us.
                if (done > 0) Libc.ftruncate(_fd, Length);
                return;
            }
            done += (int)n;
        }
        Length += size;
    }
}
