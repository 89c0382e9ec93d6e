using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Stateroom.Protocol;

/// <summary>Builds a frame: room for the header, then the payload's fields one after another. Strings are UTF-8 and end with a NUL.</summary>
public ref struct PayloadWriter
{
    private byte[] _buffer;
    private int _length;

    /// <summary>Starts a frame.</summary>
    /// <param name="capacity">Expected bytes of payload; it grows as needed.</param>
    public PayloadWriter(int capacity)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(FrameHeader.Size + capacity);
        _length = FrameHeader.Size;
    }

    /// <summary>Bytes of payload so far.</summary>
    public readonly int PayloadLength => _length - FrameHeader.Size;


    /// <summary>Adds four bytes.</summary>
    /// <param name="value">The value.</param>
    public void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    /// <summary>Adds eight bytes.</summary>
    /// <param name="value">The value.</param>
    public void I64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);

    /// <summary>Adds bytes as they are.</summary>
    /// <param name="data">The bytes.</param>
    public void Bytes(ReadOnlySpan<byte> data) => data.CopyTo(Reserve(data.Length));

    /// <summary>Adds a string.</summary>
    /// <param name="text">Text without NUL.</param>
    /// <exception cref="ArgumentException"><paramref name="text"/> holds a NUL, which no argument, variable or path can carry (execve(2)).</exception>
    public void Text(ReadOnlySpan<char> text)
    {
        if (text.Contains('\0')) throw new ArgumentException("A NUL character cannot be part of an argument, a variable or a path.");
        var span = Reserve(Encoding.UTF8.GetByteCount(text) + 1);
        Encoding.UTF8.GetBytes(text, span);
        span[^1] = 0;
    }

    /// <summary>Writes the header and gives the frame out; <see cref="Dispose"/> takes it back.</summary>
    /// <param name="type">The frame's type.</param>
    /// <param name="channel">The frame's channel.</param>
    /// <param name="flags">The frame's flags.</param>
    public readonly ReadOnlySpan<byte> Finish(FrameType type, uint channel, FrameFlags flags = FrameFlags.None)
    {
        new FrameHeader(PayloadLength, type, flags, channel).Write(_buffer);
        return _buffer.AsSpan(0, _length);
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null!;
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + count));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }
}
