using System.Text.Json;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Reads session.json files, and locks sessions for whoever wants to write one.</summary>
internal sealed class SessionStore(HomeLayout layout, TimeProvider time)
{
    public HomeLayout Layout { get; } = layout;

    public TimeProvider Time { get; } = time;

    /// <summary>The record as it is now, without the lock; null if there is no such session.</summary>
    /// <exception cref="CorruptSessionException">It cannot be read.</exception>
    public SessionRecord? TryRead(string id)
    {
        byte[]? json;
        try
        {
            json = HostFile.TryReadAll(Layout.Session(id).Record);
        }
        catch (IOException failure)
        {
            throw new CorruptSessionException(id, failure.Message, failure);
        }
        return json is null ? null : Parse(id, json);
    }

    public SessionRecord Read(string id) => TryRead(id) ?? throw new SessionNotFoundException(id);

    /// <summary>Waits for the session's metadata lock.</summary>
    public async Task<LockedSession> LockAsync(string id, CancellationToken cancellationToken)
    {
        var path = Layout.Lock(id);
        // Waiters of this process queue here, so that at most one of them blocks a thread in flock.
        var pass = await TurnGate.EnterAsync(path, cancellationToken).ConfigureAwait(false);
        try
        {
            return new LockedSession(this, id, await FileLock.AcquireAsync(path, cancellationToken).ConfigureAwait(false), pass);
        }
        catch
        {
            pass.Dispose();
            throw;
        }
    }

    private static SessionRecord Parse(string id, byte[] json)
    {
        SessionRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(json, SessionJson.Pretty.SessionRecord);
            if (record is not null && record.Version != SessionRecord.CurrentVersion) record = RecordDefaults.Read(json);
        }
        catch (JsonException damage)
        {
            throw new CorruptSessionException(id, $"session.json is not valid ({Place(damage)})", damage);
        }
        if (record is null) throw new CorruptSessionException(id, "session.json is empty");
        if (record.SessionId != id) throw new CorruptSessionException(id, "session.json is that of another session");
        return record;
    }

    private static string Place(JsonException damage) =>
        damage.LineNumber is { } line ? $"line {line + 1}, column {(damage.BytePositionInLine ?? 0) + 1}" : damage.Message;
}
