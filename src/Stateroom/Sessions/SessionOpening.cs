using Stateroom.Files;

namespace Stateroom.Sessions;

/// <summary>Reconnects to a session.</summary>
internal static class SessionOpening
{
    public static async Task<LocalSession> OpenAsync(LocalServices services, LockedSession locked, OpenOptions options, CancellationToken cancellationToken)
    {
        var record = locked.Read();
        // An ephemeral session is its one handle.
        if (!record.Persistent) throw new SessionNotFoundException(locked.Id);
        using (var history = new HistoryLog(locked.Paths.History, services.Time)) history.RepairTail();
        new UnfinishedFiles(locked.Paths).Tidy(record.HostUid);
        var before = record.BoxId;
        record = await services.Rooms.ReconcileAsync(locked, record).ConfigureAwait(false);
        (record, var sandbox) = await services.Rooms.EnsureAsync(locked, record, options.KeepRunning, cancellationToken).ConfigureAwait(false);
        try
        {
            var session = new LocalSession(services, record, sandbox, options.KeepRunning, owner: null);
            if (record.BoxId != before) session.BeginRetention();
            return session;
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
