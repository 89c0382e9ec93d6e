using System.Buffers;
using System.Text;
using System.Text.Json;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Execution;

/// <summary>
/// The file on the host that holds the output of an exec or a shell, and its end. The guest writes it through a descriptor; anybody on the host may read
/// it meanwhile, and after the room has ended. The descriptor carries an exclusive flock(2), which is free when nobody can write any more.
/// </summary>
internal static class ExecutionLog
{
    public const string Extension = ".log";

    /// <summary>More of the arguments is not recorded.</summary>
    public const int MaxArgumentBytes = 64 << 10;

    public static string PathOf(string directory, string id) => Path.Combine(directory, id + Extension);

    /// <summary>Creates a log with its request and its state. The descriptor (close-on-exec, locked) is the caller's.</summary>
    /// <returns>False if there is a log of that name.</returns>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static unsafe bool TryCreate(string path, ReadOnlySpan<byte> request, out int descriptor, out long length)
    {
        length = 0;
        descriptor = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0x180);
        if (descriptor < 0 && Libc.Errno == Libc.EEXIST) return false;
        if (descriptor < 0) throw Libc.Failure("Cannot create the log of an execution", path, Libc.Errno);
        Failpoint.Hit(HostFailpoint.LogCreated);
        // Waits for whoever looks at the new file just now; nobody holds it for longer than a look.
        while (Libc.flock(descriptor, Libc.LOCK_EX) < 0 && Libc.Errno == Libc.EINTR) { }
        var stateAt = LogRecord.HeaderSize + request.Length;
        var size = stateAt + LogState.Size;
        Span<byte> record = size <= 1024 ? stackalloc byte[size] : new byte[size];
        new LogRecord(request.Length, LogRecordKind.Request, false, 0, 0, 0).Write(record);
        request.CopyTo(record[LogRecord.HeaderSize..]);
        new LogState(size, 0, 0, null).Write(record[stateAt..]);
        Failpoint.Torn(HostFailpoint.LogTorn, descriptor, record);
        nint written;
        fixed (byte* start = record) written = Libc.write(descriptor, start, (nuint)size);
        if (written != size)
        {
            var errno = written < 0 ? Libc.Errno : Libc.ENOSPC;
            Libc.close(descriptor);
            File.Delete(path);
            throw Libc.Failure("Cannot write the log of an execution", path, errno);
        }
        Failpoint.Hit(HostFailpoint.LogWritten);
        length = size;
        return true;
    }

    /// <summary>Describes a request for whoever reads the log later. Environment values stay out: they may be secrets.</summary>
    public static ReadOnlySpan<byte> DescribeRequest(RecordedRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("exec_id"u8, request.Id);
        json.WriteString("box_id"u8, request.SandboxId);
        json.WriteString("kind"u8, request.IsShell ? "shell"u8 : "exec"u8);
        if (request.HasTerminal) json.WriteBoolean("terminal"u8, true);
        json.WriteString("started_at"u8, request.StartedAt);
        if (request.Directory is not null) json.WriteString("directory"u8, request.Directory);
        json.WriteStartArray("argv"u8);
        var left = MaxArgumentBytes;
        for (var i = 0; i < request.Arguments.Count && left > 0; i++)
        {
            var argument = request.Arguments[i].AsSpan();
            if (argument.Length > left) argument = argument[..left];
            json.WriteStringValue(argument);
            left -= Encoding.UTF8.GetByteCount(argument) + 1;
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    /// <summary>The end of the exec or shell, or of a shell's command, if it is on record.</summary>
    public static EndRecord? ReadEnd(string path, uint? command = null)
    {
        using var reader = LogReader.TryOpen(path);
        return reader is null ? null : command is { } number ? reader.FindEnd(LogRecordKind.CommandEnd, number) : reader.State.End ?? reader.FindEnd(LogRecordKind.End, 0);
    }

    public static OutputChunk ToChunk(LogRecord record, ReadOnlyMemory<byte> data) =>
        new(record.Kind == LogRecordKind.Stdout ? OutputStream.Stdout : OutputStream.Stderr, record.Offset, data, record.IsBackground);
}
