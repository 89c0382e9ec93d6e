using System.Buffers.Binary;
using System.Text;

namespace Stateroom.Protocol;

/// <summary>Reads a payload's fields one after another. A payload that is too short throws, whatever the other end meant.</summary>
/// <param name="payload">The payload.</param>
public ref struct PayloadReader(ReadOnlySpan<byte> payload)
{
    private ReadOnlySpan<byte> _rest = payload;

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;


    /// <summary>Reads four bytes.</summary>
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Reads eight bytes.</summary>
    public long I64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    /// <summary>Reads the bytes of a string, without its NUL.</summary>
    public ReadOnlySpan<byte> TextBytes()
    {
        var end = _rest.IndexOf((byte)0);
        if (end < 0) throw new ProtocolException("a string has no end");
        var text = _rest[..end];
        _rest = _rest[(end + 1)..];
        return text;
    }

    /// <summary>Reads a string.</summary>
    public string Text() => Encoding.UTF8.GetString(TextBytes());

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count) throw new ProtocolException("a payload is too short");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}

/// <summary>The other end sent what the protocol does not allow.</summary>
/// <param name="what">What it was.</param>
public sealed class ProtocolException(string what) : Exception("Protocol error: " + what + ".");
