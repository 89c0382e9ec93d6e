using System.Buffers.Binary;

namespace Stateroom.Protocol;

/// <summary>
/// The second record of a log, and the only one that is rewritten: from where on the log is kept, and how it ended. 24 bytes of header and, little-endian,
/// offset of the first kept record (8), bytes of stdout (8) and of stderr (8) before it, an <see cref="EndRecord"/> or zeros (48), a check over these (8).
/// The check shows a reader that it came in the middle of a rewriting.
/// </summary>
/// <param name="Next">Offset in the log of the first kept record; what lies between this record and that one was given up and reads as zeros.</param>
/// <param name="Stdout">Bytes of standard output before that record, in a shell those of all commands.</param>
/// <param name="Stderr">Bytes of standard error before that record.</param>
/// <param name="End">The end of the process or the shell; null while it runs, and for ever if its room was lost.</param>
public readonly record struct LogState(long Next, long Stdout, long Stderr, EndRecord? End)
{
    /// <summary>Bytes of the whole record. The log goes on behind it.</summary>
    public const int Size = CheckAt + 8;

    private const int EndAt = LogRecord.HeaderSize + 24, CheckAt = EndAt + EndRecord.Size;

    /// <summary>Writes the record, header included.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        new LogRecord(Size - LogRecord.HeaderSize, LogRecordKind.State, false, 0, 0, 0).Write(destination);
        BinaryPrimitives.WriteInt64LittleEndian(destination[LogRecord.HeaderSize..], Next);
        BinaryPrimitives.WriteInt64LittleEndian(destination[(LogRecord.HeaderSize + 8)..], Stdout);
        BinaryPrimitives.WriteInt64LittleEndian(destination[(LogRecord.HeaderSize + 16)..], Stderr);
        if (End is { } end) end.Write(destination[EndAt..]);
        else destination[EndAt..CheckAt].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(destination[CheckAt..], Check(destination));
    }

    /// <summary>Reads the record, header included.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="state">The state.</param>
    /// <returns>False if the bytes are no state, or one that is being rewritten.</returns>
    public static bool TryRead(ReadOnlySpan<byte> source, out LogState state)
    {
        state = default;
        if (source.Length < Size || LogRecord.Read(source) is not { Kind: LogRecordKind.State, Length: Size - LogRecord.HeaderSize }) return false;
        if (BinaryPrimitives.ReadUInt64LittleEndian(source[CheckAt..]) != Check(source)) return false;
        var end = EndRecord.Read(source[EndAt..]);
        state = new LogState(
            BinaryPrimitives.ReadInt64LittleEndian(source[LogRecord.HeaderSize..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[(LogRecord.HeaderSize + 8)..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[(LogRecord.HeaderSize + 16)..]),
            end.Kind == 0 ? null : end);
        return true;
    }

    // FNV-1a over words: it is to find a mixture of two states, not a forger.
    private static ulong Check(ReadOnlySpan<byte> record)
    {
        var sum = 14695981039346656037UL;
        for (var at = LogRecord.HeaderSize; at < CheckAt; at += 8) sum = (sum ^ BinaryPrimitives.ReadUInt64LittleEndian(record[at..])) * 1099511628211UL;
        return sum;
    }
}
