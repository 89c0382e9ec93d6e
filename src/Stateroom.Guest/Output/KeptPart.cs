using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Output;

/// <summary>Which part of a log is kept. Remembers a few places where a record begins, so that the oldest half can go without reading the log.</summary>
internal sealed class KeptPart(long start, long limit)
{
    private const int Steps = 8;

    private readonly Queue<Place> _places = new(0);
    private Place _first = new(start, 0, 0);
    private long _lastMark = start;

    /// <value>Offset of the first record that is kept.</value>
    public long Start => _first.Offset;

    public bool HasRoom(long length, int size) => length + size - Start <= limit;

    /// <summary>A record begins at <paramref name="offset"/>, behind so much output.</summary>
    public void Mark(long offset, long stdout, long stderr)
    {
        if (offset - _lastMark < limit / Steps) return;
        _lastMark = offset;
        _places.Enqueue(new Place(offset, stdout, stderr));
    }

    /// <summary>Moves the start so that half of the limit is free for a record of <paramref name="size"/> bytes behind <paramref name="length"/>.</summary>
    public void Forget(long length, int size, long stdout, long stderr)
    {
        var least = length + size - (limit / 2);
        while (_places.TryDequeue(out _first) && _first.Offset < least) { }
        // No record begins late enough: nothing is kept.
        if (_first.Offset < least) _first = new Place(length, stdout, stderr);
    }

    public LogState ToState(EndRecord? end) => new(_first.Offset, _first.Stdout, _first.Stderr, end);

    /// <summary>Whether the file system can give up a part of a file (fallocate(2)): asked where there is nothing to lose, behind the end.</summary>
    public static bool CanPunch(int fd, long length) =>
        Libc.fallocate(fd, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, length + (1 << 20), 1 << 12) == 0;

    private readonly record struct Place(long Offset, long Stdout, long Stderr);
}
