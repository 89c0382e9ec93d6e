using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Tells what is known of sessions: the recorded state, checked against what lives.</summary>
internal sealed class SessionReport(SessionStore store, Rooms rooms)
{
    /// <summary>What is known of a session now, without its lock.</summary>
    /// <exception cref="SessionNotFoundException">There is none.</exception>
    /// <exception cref="CorruptSessionException">Its metadata cannot be read.</exception>
    public SessionInfo Get(string id)
    {
        var record = store.Read(id);
        if (record.State != SessionState.Init) return Build(record, StateOf(record));
        // A creation or restore runs under the lock. A free lock means that its process died, or that it has ended since.
        if (FileLock.IsHeld(store.Layout.Lock(id))) return Build(record, SessionState.Init);
        record = store.Read(id);
        return Build(record, StateOf(record));
    }

    public SessionInfo Build(SessionRecord record, SessionState state)
    {
        var paths = store.Layout.Session(record.SessionId);
        var counted = HistoryTally.Take(paths.History, record.HistoryOffset).AddTo(record);
        return new SessionInfo
        {
            Id = record.SessionId,
            State = state,
            IsPersistent = record.Persistent,
            SandboxId = record.BoxId,
            CreatedAt = record.CreatedAt,
            UpdatedAt = counted.UpdatedAt,
            TotalCommands = counted.TotalCommands,
            TotalFilesCreated = counted.TotalFilesCreated,
            TotalTurns = counted.TotalTurns,
            WorkspacePath = new HostPath(paths.Workspace),
            Agent = record.Agent.Name,
            Metadata = record.Metadata,
            Configuration = new SessionOptions { Agent = record.Agent, Sandbox = record.Sandbox, Metadata = record.Metadata },
        };
    }

    /// <summary>A session whose metadata cannot be read, as a listing shows it.</summary>
    public SessionInfo Describe(CorruptSessionException problem, string id)
    {
        var paths = store.Layout.Session(id);
        var at = HostFile.TryStat(paths.Record) is { } stat
            ? DateTimeOffset.FromUnixTimeSeconds(stat.Modified.Seconds)
            : DateTimeOffset.UnixEpoch;
        return new SessionInfo
        {
            Id = id,
            State = SessionState.Failed,
            IsPersistent = true,
            CreatedAt = at,
            UpdatedAt = at,
            WorkspacePath = new HostPath(paths.Workspace),
            Problem = problem.Message,
        };
    }

    private SessionState StateOf(SessionRecord record) => record.State switch
    {
        SessionState.Closed or SessionState.Failed or SessionState.Deleted => record.State,
        _ when !rooms.IsAlive(record) => SessionState.Closed,
        SessionState.Busy when FileLock.IsHeld(store.Layout.TurnLock(record.SessionId)) => SessionState.Busy,
        _ => SessionState.Idle,
    };
}
