using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>messages.jsonl, the truth about a conversation. Only the holder of the turn's lock writes it.</summary>
internal sealed class MessageLog : IDisposable
{
    // Not a role of the vocabulary: readers leave it out.
    private const string ClearedRole = "cleared";

    private readonly Lock _sync = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly SafeFileHandle _file;
    private readonly List<SessionMessage> _messages;
    private long _last;

    /// <summary>Opens the log for a turn: takes off an unfinished last line, which was never acknowledged, and reads the rest.</summary>
    /// <exception cref="CorruptSessionException">A line is damaged.</exception>
    public MessageLog(string sessionId, string path, TimeProvider time)
    {
        _path = path;
        _time = time;
        _file = HostFile.Open(path, Libc.O_RDWR | Libc.O_APPEND | Libc.O_CREAT, 0x180 /* 0600 */);
        try
        {
            (_messages, _last, var end) = Read(sessionId, path);
            CutTo(end);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The conversation as it is now.</summary>
    public IReadOnlyList<SessionMessage> Messages
    {
        get { lock (_sync) return [.. _messages]; }
    }

    /// <summary>Appends a message; it is in the file when this returns.</summary>
    public SessionMessage Append(string role, JsonElement content)
    {
        lock (_sync)
        {
            var message = new SessionMessage(_last + 1, _time.GetUtcNow(), role, content.Clone());
            var line = JsonSerializer.SerializeToUtf8Bytes(message, SessionJson.Line.SessionMessage);
            Array.Resize(ref line, line.Length + 1);
            line[^1] = (byte)'\n';
            var end = HostFile.Length(_file, _path);
            try
            {
                Failpoint.Torn(HostFailpoint.MessageTorn, _file, line);
                HostFile.Write(_file, line, _path);
                Failpoint.Hit(HostFailpoint.MessageAppended);
            }
            catch (IOException)
            {
                CutTo(end);
                throw;
            }
            _last = message.Sequence;
            _messages.Add(message);
            return message;
        }
    }

    /// <summary>The conversation in the file. An unfinished last line is not part of it yet.</summary>
    /// <exception cref="CorruptSessionException">A line is damaged.</exception>
    public static Content Read(string sessionId, string path)
    {
        using var lines = new JsonLineReader(path);
        var messages = new List<SessionMessage>();
        var last = 0L;
        while (lines.Read() && lines.IsComplete)
        {
            var message = Parse(lines.Line.Span) ?? throw new CorruptSessionException(sessionId, $"line {lines.Number} of messages.jsonl is not a message");
            last = message.Sequence;
            if (message.Role != ClearedRole) messages.Add(message);
        }
        return new Content(messages, last, lines.CompleteOffset);
    }

    /// <summary>The messages that a reader asked for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The query's number is less than 1.</exception>
    public static IReadOnlyList<SessionMessage> Read(string sessionId, string path, MessageQuery? query)
    {
        if (query?.Newest < 1) throw new ArgumentOutOfRangeException(nameof(query), query.Newest, "Newest is the number of messages, from 1 up.");
        var messages = Read(sessionId, path).Messages;
        if (query?.After > 0) messages.RemoveAll(message => message.Sequence <= query.After);
        return query?.Newest is { } newest && newest < messages.Count ? messages[^newest..] : messages;
    }

    /// <summary>Removes all messages. A line that is no message keeps the last number, from which the next ones go on.</summary>
    /// <returns>How many there were.</returns>
    public static long Clear(string sessionId, string path, TimeProvider time)
    {
        var (messages, last, _) = Read(sessionId, path);
        if (messages.Count == 0) return 0;
        using var nothing = JsonDocument.Parse("[]");
        var line = JsonSerializer.SerializeToUtf8Bytes(new SessionMessage(last, time.GetUtcNow(), ClearedRole, nothing.RootElement), SessionJson.Line.SessionMessage);
        AtomicFile.Replace(path, [.. line, (byte)'\n']);
        return messages.Count;
    }

    public static SessionMessage? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, SessionJson.Line.SessionMessage) is { Role: not null } message ? message : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>What the file holds.</summary>
    /// <param name="Messages">The messages.</param>
    /// <param name="Last">The last number given to one, removed ones included.</param>
    /// <param name="End">Where the last whole line ends.</param>
    internal readonly record struct Content(List<SessionMessage> Messages, long Last, long End);

    private void CutTo(long end)
    {
        if (HostFile.Length(_file, _path) <= end) return;
        if (Libc.ftruncate((int)_file.DangerousGetHandle(), end) < 0) throw Libc.Failure("Cannot repair the end of", _path, Libc.Errno);
        Failpoint.Hit(HostFailpoint.MessagesRepaired);
    }
}
