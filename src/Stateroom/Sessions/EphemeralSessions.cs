using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Sessions that end with their handle. Each has a marker file and a lock that its handle holds: a marker whose lock is free is the
/// remains of a killed process.</summary>
internal static class EphemeralSessions
{
    public static async Task<LocalSession> CreateAsync(LocalServices services, SessionOptions options, CancellationToken cancellationToken)
    {
        var id = SessionId.New(services.Time);
        var owner = await FileLock.AcquireAsync(services.Layout.OwnerLock(id), cancellationToken).ConfigureAwait(false);
        try
        {
            using var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false);
            HostFile.Open(services.Layout.EphemeralMarker(id), Libc.O_WRONLY | Libc.O_CREAT, 0x180 /* 0600 */).Dispose();
            Failpoint.Hit(HostFailpoint.EphemeralMarked);
            try
            {
                return await SessionCreation.CreateAsync(services, locked, options, owner, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                Forget(services.Layout, id);
                throw;
            }
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }

    /// <summary>Ends the room, then removes the session. The caller holds the owner's lock.</summary>
    public static async Task RemoveAsync(LocalServices services, string id)
    {
        string? trash = null;
        using (var locked = await services.Store.LockAsync(id, CancellationToken.None).ConfigureAwait(false))
        {
            // A creation that was killed early has made less than a session, or nothing.
            if (HostFile.TryStat(locked.Paths.Directory) is not null)
            {
                await SessionRemoval.EndRoomsAsync(services, locked).ConfigureAwait(false);
                trash = SessionRemoval.MoveToTrash(services, locked);
            }
            Forget(services.Layout, id);
        }
        if (trash is not null) await SessionRemoval.RemoveAsync(trash, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Removes the ephemeral sessions of killed processes. Costs as much as there are ephemeral sessions.</summary>
    public static async Task SweepAsync(LocalServices services, List<string> lines, CancellationToken cancellationToken)
    {
        foreach (var marker in Directory.EnumerateFiles(services.Layout.Ephemeral))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var id = Path.GetFileName(marker);
            if (!SessionId.IsValid(id)) continue;
            using var owner = FileLock.TryAcquire(services.Layout.OwnerLock(id));
            if (owner is null) continue;
            await RemoveAsync(services, id).ConfigureAwait(false);
            lines.Add($"Removed the ephemeral session '{id}' of a process that is gone.");
        }
    }

    // Lock files of ids that users choose stay for ever. These ids are random and never come again, so that their locks can go: whoever still
    // waits for one finds no session behind it.
    private static void Forget(HomeLayout layout, string id)
    {
        HostFile.Remove(layout.EphemeralMarker(id));
        Failpoint.Hit(HostFailpoint.EphemeralUnmarked);
        HostFile.Remove(layout.TurnLock(id));
        HostFile.Remove(layout.Lock(id));
        HostFile.Remove(layout.OwnerLock(id));
        Failpoint.Hit(HostFailpoint.EphemeralForgotten);
    }
}
