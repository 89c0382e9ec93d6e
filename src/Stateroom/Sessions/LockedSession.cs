using System.Buffers.Text;
using System.Text.Json;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>A session whose metadata lock this object holds: the only way to write session.json.</summary>
internal sealed class LockedSession(SessionStore store, string id, FileLock file, IDisposable pass) : IDisposable
{
    public string Id { get; } = id;

    public SessionPaths Paths { get; } = store.Layout.Session(id);

    public DateTimeOffset Now => store.Time.GetUtcNow();

    /// <summary>The record as it is on disk; null if there is no session.</summary>
    /// <exception cref="CorruptSessionException">It cannot be read.</exception>
    public SessionRecord? TryRead() => store.TryRead(Id);

    /// <summary>The record, if it is still that of the session which the caller knows.</summary>
    /// <param name="generation">The generation that the caller knows; null takes any.</param>
    /// <exception cref="SessionNotFoundException">The session is gone, or another one has its id.</exception>
    public SessionRecord Read(long? generation = null)
    {
        var record = store.Read(Id);
        return generation is null || record.Generation == generation ? record : throw new SessionNotFoundException(Id);
    }

    /// <summary>Replaces session.json with a record that was derived from the one just read.</summary>
    /// <param name="record">The record.</param>
    /// <param name="first">True for the first record of a new session, which is written again before anybody is told of the session.</param>
    public SessionRecord Write(SessionRecord record, bool first = false)
    {
        var next = record with { Version = SessionRecord.CurrentVersion, Epoch = record.Epoch + 1, UpdatedAt = Now, WorkspacePath = Paths.Workspace };
        AtomicFile.Replace(Paths.Record, JsonSerializer.SerializeToUtf8Bytes(next, SessionJson.Pretty.SessionRecord), sync: !first);
        return next;
    }

    /// <summary>Counts what the history has beyond the counters, and writes the record.</summary>
    public SessionRecord WriteCounted(SessionRecord record) => Write(HistoryTally.Take(Paths.History, record.HistoryOffset).AddTo(record));

    public HistoryLog OpenHistory() => new(Paths.History, store.Time);

    public void Append(string action, Action<Utf8JsonWriter>? context = null, DateTimeOffset? at = null)
    {
        using var history = OpenHistory();
        history.Append(action, context, at);
    }

    /// <summary>The next generation. The number lives in the lock file, which outlives sessions.</summary>
    public long NextGeneration()
    {
        var path = store.Layout.Lock(Id);
        var text = HostFile.ReadFrom(file.File, 0, path);
        var last = Utf8Parser.TryParse(text, out long number, out _) ? number : 0;
        // A lock file that lost its number must not give one that was used.
        var next = Math.Max(last, (TryReadGeneration() ?? 0)) + 1;
        Span<byte> digits = stackalloc byte[21];
        Utf8Formatter.TryFormat(next, digits, out var length);
        digits[length++] = (byte)'\n';
        Failpoint.Torn(HostFailpoint.GenerationTorn, file.File, digits[..length]);
        HostFile.WriteAt(file.File, digits[..length], 0, path);
        Failpoint.Hit(HostFailpoint.GenerationWritten);
        return next;
    }

    public void Dispose()
    {
        file.Dispose();
        pass.Dispose();
    }

    private long? TryReadGeneration()
    {
        try
        {
            return TryRead()?.Generation;
        }
        catch (CorruptSessionException)
        {
            // The caller replaces it; its number cannot be known.
            return null;
        }
    }
}
