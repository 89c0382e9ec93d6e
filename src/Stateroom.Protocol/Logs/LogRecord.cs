using System.Buffers.Binary;

namespace Stateroom.Protocol;

/// <summary>What a record of an execution log is.</summary>
public enum LogRecordKind : byte
{
    /// <summary>The first record: the request as JSON, written by the host.</summary>
    Request = 1,

    /// <summary>Bytes of standard output.</summary>
    Stdout = 2,

    /// <summary>Bytes of standard error.</summary>
    Stderr = 3,

    /// <summary>In a shell's log: a command begins; its text.</summary>
    CommandBegin = 4,

    /// <summary>In a shell's log: a command has ended; an <see cref="EndRecord"/>.</summary>
    CommandEnd = 5,

    /// <summary>The process or the shell has ended; an <see cref="EndRecord"/>.</summary>
    End = 6,

    /// <summary>The log has reached its limit on a file system that cannot give up its oldest part: output behind this mark was delivered live and is
    /// not kept.</summary>
    Cut = 7,

    /// <summary>The terminal has this size from here on: u32 columns, u32 rows.</summary>
    Resize = 8,

    /// <summary>The second record: from where on the log is kept, and how it ended; a <see cref="LogState"/>.</summary>
    State = 9,
}

/// <summary>
/// The header of a record in an execution log, 24 bytes, little-endian: length of the data (4), kind (1), flags (1), zero (2), command (4),
/// milliseconds since the log's start (4), offset of the data in its stream (8). A log is appended to, and loses its oldest part when it has reached its
/// limit (<see cref="LogState"/>); offsets stay what they were. A torn last record, left by a killed writer, is seen by its length.
/// </summary>
/// <param name="Length">Bytes of data behind the header.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsBackground">Output that came after its command had ended.</param>
/// <param name="Command">In a shell's log the command's number, from 1; else 0.</param>
/// <param name="ElapsedMilliseconds">Since the log's start; stays at the largest value after 49 days.</param>
/// <param name="Offset">Bytes of the same stream (and in a shell, of the same command) that came before.</param>
public readonly record struct LogRecord(int Length, LogRecordKind Kind, bool IsBackground, uint Command, uint ElapsedMilliseconds, long Offset)
{
    /// <summary>Bytes of a header.</summary>
    public const int HeaderSize = 24;

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="HeaderSize"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, Length);
        destination[4] = (byte)Kind;
        destination[5] = IsBackground ? (byte)1 : (byte)0;
        destination[6] = destination[7] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Command);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], ElapsedMilliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Offset);
    }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="HeaderSize"/> bytes.</param>
    public static LogRecord Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt32LittleEndian(source),
        (LogRecordKind)source[4],
        (source[5] & 1) != 0,
        BinaryPrimitives.ReadUInt32LittleEndian(source[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[12..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[16..]));
}
