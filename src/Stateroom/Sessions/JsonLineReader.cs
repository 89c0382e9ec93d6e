using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Reads a log line by line while others append to it. Empty lines are passed over.</summary>
internal sealed class JsonLineReader : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly string _path;
    private byte[] _buffer = new byte[32 * 1024];
    private long _position;
    private int _start, _end;

    /// <summary>A log that does not exist has no lines.</summary>
    public JsonLineReader(string path, long offset = 0)
    {
        _path = path;
        _position = offset;
        CompleteOffset = offset;
        _file = HostFile.TryOpen(path, Libc.O_RDONLY);
    }

    /// <summary>The current line without its end; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>False for a last line that has no end yet.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Number of the current line, counted from the first offset, 1 for the first.</summary>
    public long Number { get; private set; }

    /// <summary>Where the complete lines read so far end.</summary>
    public long CompleteOffset { get; private set; }

    public bool Read()
    {
        var scanned = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var length = scanned + found;
                Line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                CompleteOffset += length + 1;
                Number++;
                scanned = 0;
                IsComplete = true;
                if (length == 0) continue;
                return true;
            }
            scanned = _end - _start;
            if (Fill()) continue;
            // A writer may have been in the middle of its write: look once more before calling the line unfinished.
            if (scanned > 0 && Fill()) continue;
            Line = _buffer.AsMemory(_start, scanned);
            _start = _end;
            IsComplete = false;
            Number++;
            return scanned > 0;
        }
    }

    public void Dispose() => _file?.Dispose();

    private bool Fill()
    {
        if (_file is null) return false;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var got = HostFile.ReadAt(_file, _buffer.AsSpan(_end), _position, _path);
        _position += got;
        _end += got;
        return got > 0;
    }
}
