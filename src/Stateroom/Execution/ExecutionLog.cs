using System.Buffers;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Execution;

/// <summary>
/// The file on the host that holds all output of an exec or a shell, and its end. The guest appends to it through a descriptor; anybody on the host
/// may read it meanwhile, and after the room has ended.
/// </summary>
internal static class ExecutionLog
{
    /// <summary>Beyond this size output is delivered live and no longer kept; a mark in the log says so.</summary>
    public const long Limit = 4L << 30;

    private const int PieceSize = Payloads.MaxOutput + LogRecord.HeaderSize;

    public static string PathOf(string directory, string id) => Path.Combine(directory, id + ".log");

    /// <summary>Creates a log with its request record. The descriptor (append, close-on-exec) is the caller's.</summary>
    /// <returns>False if there is a log of that name.</returns>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static unsafe bool TryCreate(string path, ReadOnlySpan<byte> request, out int descriptor, out long length)
    {
        length = 0;
        descriptor = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_APPEND | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
        if (descriptor < 0 && Libc.Errno == Libc.EEXIST) return false;
        if (descriptor < 0) throw new IOException($"The log of an execution cannot be created: {Libc.Describe(Libc.Errno)}.");
        var size = LogRecord.HeaderSize + request.Length;
        Span<byte> record = size <= 1024 ? stackalloc byte[size] : new byte[size];
        new LogRecord(request.Length, LogRecordKind.Request, false, 0, 0, 0).Write(record);
        request.CopyTo(record[LogRecord.HeaderSize..]);
        nint written;
        fixed (byte* start = record) written = Libc.write(descriptor, start, (nuint)size);
        if (written != size)
        {
            var errno = written < 0 ? Libc.Errno : Libc.ENOSPC;
            Libc.close(descriptor);
            File.Delete(path);
            throw new IOException($"The log of an execution cannot be written: {Libc.Describe(errno)}.");
        }
        length = size;
        return true;
    }

    /// <summary>Describes a request for people and tools that read the log later. Environment values stay out: they may be secrets.</summary>
    public static ReadOnlySpan<byte> DescribeRequest(string id, IReadOnlyList<string> argv, string? directory, DateTimeOffset startedAt)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("exec_id"u8, id);
        json.WriteString("started_at"u8, startedAt);
        if (directory is not null) json.WriteString("directory"u8, directory);
        json.WriteStartArray("argv"u8);
        foreach (var argument in argv) json.WriteStringValue(argument);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    /// <summary>Reads output records between two offsets. The data of each is valid until the next.</summary>
    /// <param name="path">The log.</param>
    /// <param name="from">Offset of a record.</param>
    /// <param name="to">Where to stop; null means the end of the file.</param>
    /// <param name="command">In a shell's log the command whose foreground output is wanted; null means all.</param>
    public static IEnumerable<OutputChunk> ReadOutput(string path, long from, long? to, uint? command)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var end = Math.Min(to ?? long.MaxValue, RandomAccess.GetLength(file));
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            while (TryReadRecord(file, from, end, buffer, out var record))
            {
                if (record.Kind is LogRecordKind.Stdout or LogRecordKind.Stderr && (command is null || (record.Command == command && !record.IsBackground)))
                {
                    yield return ToChunk(record, buffer.AsMemory(LogRecord.HeaderSize, record.Length));
                }
                from += LogRecord.HeaderSize + record.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The end of the exec or shell, if it is on record.</summary>
    public static EndRecord? ReadEnd(string path, uint? command = null)
    {
        if (!File.Exists(path)) return null;
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            for (long at = 0; TryReadHeader(file, at, length, buffer, out var record); at += LogRecord.HeaderSize + record.Length)
            {
                var wanted = command is null ? record.Kind == LogRecordKind.End : record.Kind == LogRecordKind.CommandEnd && record.Command == command;
                if (wanted && TryReadRecord(file, at, length, buffer, out _)) return EndRecord.Read(buffer.AsSpan(LogRecord.HeaderSize, record.Length));
            }
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static OutputChunk ToChunk(LogRecord record, ReadOnlyMemory<byte> data) =>
        new(record.Kind == LogRecordKind.Stdout ? OutputStream.Stdout : OutputStream.Stderr, record.Offset, data, record.IsBackground);

    private static bool TryReadHeader(SafeFileHandle file, long at, long end, byte[] buffer, out LogRecord record)
    {
        record = default;
        if (at + LogRecord.HeaderSize > end || RandomAccess.Read(file, buffer.AsSpan(0, LogRecord.HeaderSize), at) < LogRecord.HeaderSize) return false;
        record = LogRecord.Read(buffer);
        // A torn last record ends behind the file.
        return record.Length >= 0 && at + LogRecord.HeaderSize + record.Length <= end;
    }

    private static bool TryReadRecord(SafeFileHandle file, long at, long end, byte[] buffer, out LogRecord record)
    {
        if (!TryReadHeader(file, at, end, buffer, out record)) return false;
        // Only the host's own request and a shell's commands may be longer than a piece; their data is not wanted here.
        if (record.Length > buffer.Length - LogRecord.HeaderSize) return record.Kind is not (LogRecordKind.Stdout or LogRecordKind.Stderr);
        var data = buffer.AsSpan(LogRecord.HeaderSize, record.Length);
        return RandomAccess.Read(file, data, at + LogRecord.HeaderSize) == record.Length;
    }
}
