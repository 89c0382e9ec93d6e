using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Writes history.jsonl: each entry is one write(2) of a whole line at the end, so that writers in several processes do not mix.</summary>
internal sealed class HistoryLog : IDisposable
{
    /// <summary>The most bytes of a command or prompt that the history keeps.</summary>
    public const int MaxTextBytes = 4096;

    private readonly Lock _sync = new();
    private readonly ArrayBufferWriter<byte> _line = new(512);
    private readonly Utf8JsonWriter _json;
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly TimeProvider _time;
    private bool _torn;

    public HistoryLog(string path, TimeProvider time)
    {
        _path = path;
        _time = time;
        _file = HostFile.Open(path, Libc.O_WRONLY | Libc.O_APPEND | Libc.O_CREAT, 0x180 /* 0600 */);
        _json = new Utf8JsonWriter(_line, SessionJson.Writer);
    }

    /// <summary>Ends a last line that a killed process left unfinished. A live writer that was just caught in the middle gets an empty line, which
    /// readers skip; cutting the line off would cost it its entry.</summary>
    public void RepairTail()
    {
        using var read = HostFile.Open(_path, Libc.O_RDONLY);
        var length = HostFile.Length(read, _path);
        if (length > 0 && HostFile.ReadFrom(read, length - 1, _path) is [not (byte)'\n', ..])
        {
            lock (_sync) HostFile.Write(_file, "\n"u8, _path);
            Failpoint.Hit(HostFailpoint.HistoryRepaired);
        }
    }

    public void Append(string action, Action<Utf8JsonWriter>? context = null, DateTimeOffset? at = null)
    {
        lock (_sync)
        {
            Begin(action, at ?? _time.GetUtcNow());
            context?.Invoke(_json);
            End();
        }
    }

    /// <summary>A command that is about to start. On the way of every exec: no closure, no allocation.</summary>
    public void AppendCommand(string execId, string? shellId, string command)
    {
        lock (_sync)
        {
            Begin(HistoryActions.Command, _time.GetUtcNow());
            _json.WriteString("exec_id"u8, execId);
            if (shellId is not null) _json.WriteString("shell_id"u8, shellId);
            WriteCut(_json, "command"u8, command);
            End();
        }
    }

    /// <summary>Writes a text up to <see cref="MaxTextBytes"/>, and says so if there was more.</summary>
    public static void WriteCut(Utf8JsonWriter json, ReadOnlySpan<byte> name, string text)
    {
        // A UTF-16 character is at most three bytes of UTF-8.
        if (text.Length <= MaxTextBytes / 3)
        {
            json.WriteString(name, text);
            return;
        }
        Span<byte> kept = stackalloc byte[MaxTextBytes];
        var status = Utf8.FromUtf16(text, kept, out _, out var length);
        json.WriteString(name, kept[..length]);
        if (status == OperationStatus.DestinationTooSmall) json.WriteBoolean("truncated"u8, true);
    }

    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }

    private void Begin(string action, DateTimeOffset at)
    {
        _line.ResetWrittenCount();
        // A disk that was full has cut our last line: end it, or it swallows this one.
        if (_torn) _line.Write("\n"u8);
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("timestamp"u8, at);
        _json.WriteString("action"u8, action);
        _json.WriteStartObject("context"u8);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        var written = 0;
        try
        {
            Failpoint.Torn(HostFailpoint.HistoryTorn, _file, _line.WrittenSpan);
            HostFile.Write(_file, _line.WrittenSpan, _path, ref written);
            Failpoint.Hit(HostFailpoint.HistoryAppended);
            _torn = false;
        }
        catch (IOException)
        {
            _torn |= written > 0;
            throw;
        }
    }
}
