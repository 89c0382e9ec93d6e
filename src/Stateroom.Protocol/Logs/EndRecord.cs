using System.Buffers.Binary;

namespace Stateroom.Protocol;

/// <summary>How a process or a shell command ended, as the guest saw it. The values are those of the public ExecOutcome.</summary>
public enum EndKind : byte
{
    /// <summary>By itself, with an exit code.</summary>
    Exited = 1,

    /// <summary>By a signal.</summary>
    Signaled = 2,

    /// <summary>Its time was over.</summary>
    TimedOut = 3,

    /// <summary>The client had it ended.</summary>
    Canceled = 4,

    /// <summary>It could not be started.</summary>
    NotStarted = 5,
}

/// <summary>
/// The end of a process or a shell command, 48 bytes, little-endian: kind (1), flags (1: 1 = the shell has ended too, 2 = the log is not complete),
/// zero (2), exit code or -1 (4), signal or 0 (4), errno of the start or of the log (4), stage (4), command (4), microseconds (8), bytes of stdout (8), of stderr (8).
/// </summary>
public readonly record struct EndRecord
{
    /// <summary>Bytes of a record.</summary>
    public const int Size = 48;

    /// <value>How it ended.</value>
    public EndKind Kind { get; init; }

    /// <value>True if the shell has ended with the command.</value>
    public bool ShellEnded { get; init; }

    /// <value>True if output could not be written to the log, see <see cref="Errno"/>.</value>
    public bool LogIncomplete { get; init; }

    /// <value>The exit code, or -1 if there is none.</value>
    public int ExitCode { get; init; }

    /// <value>The signal that ended it, or 0.</value>
    public int Signal { get; init; }

    /// <value>Why the start, or the writing of the log, failed; else 0.</value>
    public int Errno { get; init; }

    /// <value>Where the start failed.</value>
    public StartStage Stage { get; init; }

    /// <value>In a shell the command's number, from 1; else 0.</value>
    public uint Command { get; init; }

    /// <value>From the start to the end.</value>
    public long Microseconds { get; init; }

    /// <value>All bytes of standard output.</value>
    public long StdoutBytes { get; init; }

    /// <value>All bytes of standard error.</value>
    public long StderrBytes { get; init; }

    /// <summary>Writes the record.</summary>
    /// <param name="destination">At least <see cref="Size"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[..Size].Clear();
        destination[0] = (byte)Kind;
        destination[1] = (byte)((ShellEnded ? 1 : 0) | (LogIncomplete ? 2 : 0));
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], ExitCode);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], Signal);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], Errno);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], (uint)Stage);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[20..], Command);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], Microseconds);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], StdoutBytes);
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], StderrBytes);
    }

    /// <summary>Reads a record.</summary>
    /// <param name="source">At least <see cref="Size"/> bytes.</param>
    /// <exception cref="ProtocolException">There are fewer.</exception>
    public static EndRecord Read(ReadOnlySpan<byte> source) => source.Length < Size ? throw new ProtocolException("an end record is too short") : new()
    {
        Kind = (EndKind)source[0],
        ShellEnded = (source[1] & 1) != 0,
        LogIncomplete = (source[1] & 2) != 0,
        ExitCode = BinaryPrimitives.ReadInt32LittleEndian(source[4..]),
        Signal = BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
        Errno = BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
        Stage = (StartStage)BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
        Command = BinaryPrimitives.ReadUInt32LittleEndian(source[20..]),
        Microseconds = BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
        StdoutBytes = BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
        StderrBytes = BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
    };
}
