using System.Buffers.Binary;

namespace Stateroom.Protocol;

/// <summary>The size of a terminal as frames and logs carry it: u32 columns, u32 rows. Zero columns mean that there is none.</summary>
/// <param name="Columns">Width in cells.</param>
/// <param name="Rows">Height in cells.</param>
public readonly record struct TerminalShape(ushort Columns, ushort Rows)
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = 8;

    /// <summary>Whether there is no terminal.</summary>
    public bool IsNone => Columns == 0;

    /// <summary>Reads a shape from a payload.</summary>
    /// <param name="reader">The payload.</param>
    public static TerminalShape Read(ref PayloadReader reader)
    {
        var (columns, rows) = (reader.U32(), reader.U32());
        if (columns > ushort.MaxValue || rows > ushort.MaxValue) throw new ProtocolException("a terminal is too large");
        return new TerminalShape((ushort)columns, (ushort)rows);
    }

    /// <summary>Writes the shape.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Columns);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Rows);
    }
}
