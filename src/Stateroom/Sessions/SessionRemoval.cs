using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Sessions;

/// <summary>Ends a session's room, then removes or archives the session.</summary>
internal static class SessionRemoval
{
    public static async Task CleanUpAsync(LocalServices services, string id, bool removeWorkspace, CancellationToken cancellationToken)
    {
        string? trash = null;
        using (var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false))
        {
            if (!services.Exists(id)) return;
            // From here on it is finished, whatever the caller's token says.
            await EndRoomsAsync(services, locked).ConfigureAwait(false);
            if (removeWorkspace) trash = MoveToTrash(services, locked);
            else Archive(locked);
        }
        if (trash is not null) await RemoveAsync(trash, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Takes the session out of the list in one step; a crash after it leaves only trash.</summary>
    public static string MoveToTrash(LocalServices services, LockedSession locked)
    {
        var trash = services.Layout.NewTrash(locked.Id, services.Time);
        HostFile.Rename(locked.Paths.Directory, trash);
        Failpoint.Hit(HostFailpoint.TrashMoved);
        return trash;
    }

    public static Task RemoveAsync(string tree, CancellationToken cancellationToken) =>
        Task.Run(() => TreeRemover.Remove(tree, cancellationToken), cancellationToken);

    /// <summary>Ends the room, also of a session whose record cannot be read: its history knows the rooms.</summary>
    public static async Task EndRoomsAsync(LocalServices services, LockedSession locked)
    {
        SessionRecord? record;
        try
        {
            record = locked.TryRead();
        }
        catch (CorruptSessionException)
        {
            record = null;
        }
        if (record is not null)
        {
            await services.Rooms.EndAsync(locked, record, CancellationToken.None).ConfigureAwait(false);
            return;
        }
        foreach (var box in await SessionRepair.BoxesAsync(locked.Paths.History).ConfigureAwait(false))
            foreach (var runtime in services.Rooms.All)
                await runtime.KillAsync(box, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Removes what clean-ups moved away and did not get to remove.</summary>
    public static async Task EmptyTrashAsync(HomeLayout layout, List<string> lines, CancellationToken cancellationToken)
    {
        foreach (var tree in Directory.EnumerateDirectories(layout.Trash))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await RemoveAsync(tree, cancellationToken).ConfigureAwait(false);
            lines.Add($"Removed the remains of session '{Path.GetFileName(tree)}'.");
        }
    }

    private static void Archive(LockedSession locked)
    {
        HostFile.Rename(locked.Paths.Metadata, SessionFiles.ArchiveName(locked.Paths, locked.Now));
        Failpoint.Hit(HostFailpoint.SessionArchived);
        HostFile.SyncDirectory(locked.Paths.Directory);
    }
}
