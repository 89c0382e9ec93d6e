using System.Runtime.InteropServices;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Output;

/// <summary>
/// The file of a process's or shell's records: it lies outside of the room and came as a descriptor. When it has reached its limit it gives up its
/// oldest half. When it cannot be written any more the process goes on, and its end says that the log is not complete.
/// </summary>
internal sealed unsafe class OutputLog
{
    private const int SmallRecord = 1024;

    // No file system in use has larger blocks.
    private const int LargestBlock = 64 << 10;

    private readonly long _started = Timers.NowMilliseconds;
    private readonly long _stateAt;
    private readonly KeptPart? _kept;
    private long _stdout, _stderr;
    private HeldOutput? _held;
    private int _fd;

    /// <param name="fd">The file; owned from now on.</param>
    /// <param name="start">Where records go on: behind the state.</param>
    /// <param name="limit">The most bytes to keep; 0 for no limit.</param>
    public OutputLog(int fd, long start, long limit)
    {
        if (start < LogState.Size) throw new ProtocolException("a log has no state");
        (_fd, Length, _stateAt) = (fd, start, start - LogState.Size);
        if (limit > 0) _kept = new KeptPart(start, limit);
    }

    /// <value>Offset of the next record.</value>
    public long Length { get; private set; }

    /// <value>The errno that ended the writing, or 0.</value>
    public int Errno { get; private set; }

    public bool IsIncomplete => Errno != 0 || IsCut;

    /// <value>True if the limit is reached and the oldest part cannot be given up.</value>
    public bool IsCut { get; private set; }

    public uint ElapsedMilliseconds => (uint)Math.Min(Timers.NowMilliseconds - _started, uint.MaxValue);

    /// <summary>Appends one record; <paramref name="record"/> points to its header, already written.</summary>
    public void Append(byte* record, int size)
    {
        var header = LogRecord.Read(new ReadOnlySpan<byte>(record, LogRecord.HeaderSize));
        if (!IsIncomplete && _fd >= 0)
        {
            MakeRoom(size);
            if (!IsIncomplete) Write(record, size, GuestFailpoint.OutputTorn);
        }
        if (header.Kind == LogRecordKind.Stdout) _stdout += header.Length;
        else if (header.Kind == LogRecordKind.Stderr) _stderr += header.Length;
    }

    /// <summary>Appends a record that is not output.</summary>
    public void Append(LogRecordKind kind, uint command, ReadOnlySpan<byte> data)
    {
        if (_fd < 0) return;
        var size = LogRecord.HeaderSize + data.Length;
        // The text of a command may be longer than the stack.
        var large = size <= SmallRecord ? null : (byte*)NativeMemory.Alloc((nuint)size);
        var small = stackalloc byte[large == null ? size : 0];
        var record = large == null ? small : large;
        new LogRecord(data.Length, kind, false, command, ElapsedMilliseconds, 0).Write(new Span<byte>(record, size));
        data.CopyTo(new Span<byte>(record + LogRecord.HeaderSize, data.Length));
        // An end is worth its few bytes beyond any limit: without it the outcome would be lost.
        if (!IsIncomplete && kind == LogRecordKind.CommandBegin) MakeRoom(size);
        if (Errno == 0) Write(record, size, kind is LogRecordKind.End or LogRecordKind.CommandEnd ? GuestFailpoint.EndTorn : GuestFailpoint.BeginTorn);
        NativeMemory.Free(large);
        // On a full disk too: the state has its place already.
        if (kind != LogRecordKind.End) return;
        Failpoint.Hit(GuestFailpoint.EndRecorded);
        WriteState(EndRecord.Read(data));
        Failpoint.Hit(GuestFailpoint.EndKnown);
    }

    /// <summary>Leaves output in its pipe until a client that follows can take it.</summary>
    public void Hold(OutputPipe pipe) => (_held ??= new HeldOutput()).Hold(pipe);

    /// <summary>A client can take more, or has gone.</summary>
    public void Release() => _held?.Release();

    public void Close()
    {
        if (_fd >= 0) Libc.close(_fd);
        _fd = -1;
    }

    private void MakeRoom(int size)
    {
        if (_kept is null) return;
        if (_kept.HasRoom(Length, size))
        {
            _kept.Mark(Length, _stdout, _stderr);
            return;
        }
        if (!KeptPart.CanPunch(_fd, Length))
        {
            Append(LogRecordKind.Cut, 0, default);
            IsCut = true;
            return;
        }
        // Each time from a little before: a block that was given up in part is freed only when it goes as a whole.
        var from = Math.Max(_stateAt + LogState.Size, _kept.Start - LargestBlock);
        _kept.Forget(Length, size, _stdout, _stderr);
        // Told before it is done: who reads zeros, and looks then, finds where to go on.
        WriteState(null);
        Failpoint.Hit(GuestFailpoint.StateWritten);
        if (Libc.fallocate(_fd, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, from, _kept.Start - from) != 0) Errno = Libc.Errno;
        Failpoint.Hit(GuestFailpoint.LogPunched);
    }

    private void WriteState(EndRecord? end)
    {
        var record = stackalloc byte[LogState.Size];
        var state = _kept is null ? new LogState(_stateAt + LogState.Size, 0, 0, end) : _kept.ToState(end);
        state.Write(new Span<byte>(record, LogState.Size));
        Failpoint.Torn(GuestFailpoint.StateTorn, _fd, record, LogState.Size, _stateAt);
        if (WriteAt(record, LogState.Size, _stateAt) is var errno and not 0) Errno = errno;
    }

    private void Write(byte* data, int size, GuestFailpoint torn)
    {
        Failpoint.Torn(torn, _fd, data, size, Length);
        Errno = WriteAt(data, size, Length);
        if (Errno == 0) Length += size;
        // A torn record would hide all that follows; take it back if the disk lets us.
        else Libc.ftruncate(_fd, Length);
    }

    // 0, or an errno. The descriptor does not append by itself: pwrite(2) would ignore the offset.
    private int WriteAt(byte* data, int size, long offset)
    {
        for (var done = 0; done < size;)
        {
            var n = Libc.pwrite(_fd, data + done, (nuint)(size - done), offset + done);
            if (n >= 0) done += (int)n;
            else if (Libc.Errno != Libc.EINTR) return Libc.Errno;
        }
        return 0;
    }
}
