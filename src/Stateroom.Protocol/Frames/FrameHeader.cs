using System.Buffers.Binary;

namespace Stateroom.Protocol;

/// <summary>The twelve bytes in front of every payload, little-endian: length (4), type (2), flags (2), channel (4).</summary>
/// <param name="Length">Bytes of payload, at most <see cref="MaxPayload"/>.</param>
/// <param name="Type">What the frame says.</param>
/// <param name="Flags">Bits that change its meaning.</param>
/// <param name="Channel">What it is about: chosen by the client, 0 for the connection itself.</param>
public readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, uint Channel)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 12;

    /// <summary>The longest payload. A longer one ends the connection. Arguments and environment of one exec fit: execve(2) takes at most 6 MiB.</summary>
    public const int MaxPayload = 8 << 20;

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, Length);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[4..], (ushort)Type);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Channel);
    }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    public static FrameHeader Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt32LittleEndian(source),
        (FrameType)BinaryPrimitives.ReadUInt16LittleEndian(source[4..]),
        (FrameFlags)BinaryPrimitives.ReadUInt16LittleEndian(source[6..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]));
}
