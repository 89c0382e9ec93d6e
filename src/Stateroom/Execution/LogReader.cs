using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Execution;

/// <summary>
/// Reads a log record by record, while the guest may append to it and give up its oldest part. What was given up reads as zeros; so nothing that was
/// read counts before a look at the state, which is written first, has shown that it is still kept.
/// </summary>
internal sealed class LogReader : IDisposable
{
    private const int Block = Payloads.MaxOutput + LogRecord.HeaderSize, SmallBlock = 8 << 10;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(Block);
    private readonly long _stateAt;
    private long _bufferAt, _recordAt, _length;
    private int _buffered;
    private int _recordSize;
    private bool _wasLoaded, _disposed;

    private LogReader(SafeFileHandle file, string path, RecordedRequest? request, long stateAt)
    {
        (_file, _path, Request, _stateAt) = (file, path, request, stateAt);
        State = new LogState(stateAt, 0, 0, null);
        HasState = Refresh();
        Position = Start = HasState ? stateAt + LogState.Size : stateAt;
    }

    private enum Found
    {
        Yes,
        NotYet,
        GivenUp,
    }

    /// <value>What was asked for; null if that cannot be read.</value>
    public RecordedRequest? Request { get; }

    /// <value>The state when it was last looked at.</value>
    public LogState State { get; private set; }

    /// <value>False for a log of an earlier version, of which no part can be given up.</value>
    public bool HasState { get; }

    /// <value>Offset of the first record behind the state.</value>
    public long Start { get; }

    /// <value>Offset of the next record.</value>
    public long Position { get; private set; }

    /// <value>Bytes of standard output before <see cref="Position"/>, in a shell those of all commands, if the log was read from <see cref="Start"/>.</value>
    public long Stdout { get; private set; }

    /// <value>As <see cref="Stdout"/>, of standard error.</value>
    public long Stderr { get; private set; }

    public SafeFileHandle File => _file;

    /// <summary>Null if there is no file of that name, or it is no log.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    public static LogReader? TryOpen(string path, bool write = false)
    {
        // Opening a FIFO that somebody put there must not wait for its other end.
        var file = HostFile.TryOpen(path, (write ? Libc.O_RDWR : Libc.O_RDONLY) | Libc.O_NONBLOCK);
        if (file is null) return null;
        try
        {
            if (HostFile.Stat(file, path).IsRegular && RecordedRequest.Read(file, path) is var (request, end) && end > 0) return new LogReader(file, path, request, end);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        file.Dispose();
        return null;
    }

    /// <summary>Reading goes on with the record at <paramref name="offset"/>.</summary>
    public void Seek(long offset) => Position = Math.Max(offset, Start);

    /// <summary>Goes to the next record; false if none is there as a whole.</summary>
    /// <param name="record">Its header.</param>
    /// <param name="to">Where to stop; the end of the file if it is behind that.</param>
    public bool TryNext(out LogRecord record, long to = long.MaxValue)
    {
        // Whoever took the last one's data wants more; whoever looks for something need not read all that lies between.
        var block = _wasLoaded ? Block : SmallBlock;
        _wasLoaded = false;
        record = default;
        while (true)
        {
            if (State.Next > Position) (Position, Stdout, Stderr) = (State.Next, State.Stdout, State.Stderr);
            if (Position > to - LogRecord.HeaderSize) return false;
            var found = Fill(Position, LogRecord.HeaderSize, block);
            if (found == Found.GivenUp) continue;
            if (found == Found.NotYet) return false;
            record = LogRecord.Read(_buffer.AsSpan((int)(Position - _bufferAt)));
            var next = Position + LogRecord.HeaderSize + record.Length;
            // A torn last record ends behind the file; one without a kind is what a crash of the host may leave.
            if (record.Kind == 0 || record.Length < 0 || next > to || !Reaches(next)) return false;
            (_recordAt, _recordSize, Position) = (Position, LogRecord.HeaderSize + record.Length, next);
            if (record.Kind == LogRecordKind.Stdout) Stdout += record.Length;
            else if (record.Kind == LogRecordKind.Stderr) Stderr += record.Length;
            return true;
        }
    }

    /// <summary>The data of the record that <see cref="TryNext"/> gave; valid until the next call. False if it was given up since, or is a command's text
    /// that is longer than any output.</summary>
    public bool TryLoad(out ReadOnlyMemory<byte> data)
    {
        data = default;
        if (_recordSize > Block || Fill(_recordAt, _recordSize, Block) != Found.Yes) return false;
        _wasLoaded = true;
        data = _buffer.AsMemory((int)(_recordAt - _bufferAt) + LogRecord.HeaderSize, _recordSize - LogRecord.HeaderSize);
        return true;
    }

    /// <summary>The end of the exec, the shell or a command, by a look at all records.</summary>
    public EndRecord? FindEnd(LogRecordKind kind, uint command)
    {
        Seek(Start);
        while (TryNext(out var record))
        {
            if (record.Kind == kind && record.Command == command && TryLoad(out var data) && data.Length >= EndRecord.Size) return EndRecord.Read(data.Span);
        }
        return null;
    }

    /// <summary>Whether somebody may still write to the log.</summary>
    public bool IsWritten()
    {
        var fd = (int)_file.DangerousGetHandle();
        if (Libc.flock(fd, Libc.LOCK_SH | Libc.LOCK_NB) < 0) return true;
        Libc.flock(fd, Libc.LOCK_UN);
        return false;
    }

    /// <summary>Looks at the state again. False if there is none.</summary>
    public bool Refresh()
    {
        Span<byte> record = stackalloc byte[LogState.Size];
        // It may be read in the middle of a rewriting, which takes less than a microsecond.
        for (var i = 0; i < 1000; i++)
        {
            if (HostFile.ReadAt(_file, record, _stateAt, _path) < LogState.Size || record[4] != (byte)LogRecordKind.State) return false;
            if (!LogState.TryRead(record, out var state)) continue;
            State = state;
            return true;
        }
        return false;
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        ArrayPool<byte>.Shared.Return(_buffer);
        _file.Dispose();
    }

    private Found Fill(long at, int count, int wanted)
    {
        if (at >= _bufferAt && at + count <= _bufferAt + _buffered) return Found.Yes;
        (_bufferAt, _buffered) = (at, 0);
        while (_buffered < count)
        {
            var got = HostFile.ReadAt(_file, _buffer.AsSpan(_buffered, Math.Max(wanted, count) - _buffered), at + _buffered, _path);
            if (got == 0) break;
            _buffered += got;
        }
        if (HasState) Refresh();
        if (State.Next > at)
        {
            _buffered = 0;
            return Found.GivenUp;
        }
        return _buffered >= count ? Found.Yes : Found.NotYet;
    }

    private bool Reaches(long offset) => offset <= _length || offset <= (_length = HostFile.Length(_file, _path));
}
