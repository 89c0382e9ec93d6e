using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Makes a session and starts its room, or leaves nothing behind.</summary>
internal static class SessionCreation
{
    /// <param name="services">The host's services.</param>
    /// <param name="id">Null makes an ephemeral session.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="cancellationToken">Cancels the creation.</param>
    public static async Task<LocalSession> CreateAsync(LocalServices services, string? id, SessionOptions options, CancellationToken cancellationToken)
    {
        if (id is null) return await EphemeralSessions.CreateAsync(services, options, cancellationToken).ConfigureAwait(false);
        using var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false);
        return await CreateAsync(services, locked, options, owner: null, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="services">The host's services.</param>
    /// <param name="locked">The session to be, locked.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="owner">The owner's lock of an ephemeral session; null for a persistent one.</param>
    /// <param name="cancellationToken">Cancels the creation.</param>
    public static async Task<LocalSession> CreateAsync(
        LocalServices services, LockedSession locked, SessionOptions options, FileLock? owner, CancellationToken cancellationToken)
    {
        SessionOptionsCheck.Check(options);
        services.Rooms.RuntimeOf(options.Sandbox);
        // A name that nobody chose is looked at when there is a prompt: rooms are of use without an agent too.
        if (options.Agent.Name != AgentOptions.BuiltIn) services.AgentOf(options.Agent);
        // By the file alone: a session whose metadata is damaged exists too.
        if (services.Exists(locked.Id)) throw new SessionAlreadyExistsException(locked.Id);
        HomeSetup.CheckReachable(services.Layout.Home);

        uint? uid = Libc.geteuid() == 0 ? await services.HostUids.AllocateAsync(cancellationToken).ConfigureAwait(false) : null;
        var files = new SessionFiles(locked.Paths, uid);
        try
        {
            // Where somebody removed session.json alone, its room may live yet, on the files that are adopted.
            if (HostFile.TryStat(locked.Paths.History) is not null) await SessionRemoval.EndRoomsAsync(services, locked).ConfigureAwait(false);
            files.Create(locked.Id, locked.Now, cancellationToken);
            return await StartAsync(services, locked, First(locked, options, owner is null, uid, files.Notes, services.Time), options, owner, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            TakeBack(files, locked, failure);
            throw;
        }
    }

    private static async Task<LocalSession> StartAsync(
        LocalServices services, LockedSession locked, SessionRecord record, SessionOptions options, FileLock? owner, CancellationToken cancellationToken)
    {
        var keepRunning = options.Open.KeepRunning && record.Persistent;
        // First the history: a session, which exists by its record, always has its beginning.
        locked.Append(HistoryActions.SessionCreated, json =>
        {
            json.WriteString("session_id"u8, record.SessionId);
            json.WriteString("box_id"u8, record.BoxId);
        });
        record = locked.Write(record, first: true);
        Failpoint.Hit(HostFailpoint.SessionBegun);
        var sandbox = await services.Rooms.StartAsync(locked, record, keepRunning, cancellationToken).ConfigureAwait(false);
        try
        {
            record = locked.WriteCounted(SessionTransitions.Move(record, SessionState.Idle));
            HostFile.SyncDirectory(locked.Paths.Metadata);
            Failpoint.Hit(HostFailpoint.SessionCreated);
            return new LocalSession(services, record, sandbox, keepRunning, owner);
        }
        catch
        {
            // Its files are about to go, and nothing may run on them.
            await sandbox.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static SessionRecord First(LockedSession locked, SessionOptions options, bool persistent, uint? uid, IReadOnlyList<string> notes, TimeProvider time) => new()
    {
        SessionId = locked.Id,
        BoxId = SessionId.New(time),
        CreatedAt = locked.Now,
        UpdatedAt = locked.Now,
        State = SessionState.Init,
        Persistent = persistent,
        Agent = options.Agent,
        Sandbox = options.Sandbox,
        Metadata = options.Metadata,
        HostUid = uid,
        Notes = notes,
        Generation = locked.NextGeneration(),
    };

    private static void TakeBack(SessionFiles files, LockedSession locked, Exception failure)
    {
        try
        {
            // First the file by which the session exists.
            HostFile.Remove(locked.Paths.Record);
            files.TakeBack();
        }
        catch (IOException second)
        {
            // Both matter: why it failed, and that something was left.
            throw new AggregateException($"Session '{locked.Id}' could not be created, and what was made of it could not be removed.", failure, second);
        }
    }
}
