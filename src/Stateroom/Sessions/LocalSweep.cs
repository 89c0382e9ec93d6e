namespace Stateroom.Sessions;

/// <summary>The full sweep: slower than what every start does, as it looks at every session.</summary>
internal static class LocalSweep
{
    public static async Task<IReadOnlyList<string>> RunAsync(LocalServices services, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        await EphemeralSessions.SweepAsync(services, lines, cancellationToken).ConfigureAwait(false);
        await SessionRemoval.EmptyTrashAsync(services.Layout, lines, cancellationToken).ConfigureAwait(false);
        await RecordEndsAsync(services, lines, cancellationToken).ConfigureAwait(false);
        foreach (var runtime in services.Rooms.All)
            lines.AddRange(await runtime.SweepAsync(box => Belongs(services, box), cancellationToken).ConfigureAwait(false));
        return lines;
    }

    // Runtimes forget how rooms ended when they are swept.
    private static async Task RecordEndsAsync(LocalServices services, List<string> lines, CancellationToken cancellationToken)
    {
        foreach (var info in await SessionListing.ListAsync(services, new SessionQuery { State = SessionState.Closed }, cancellationToken).ConfigureAwait(false))
        {
            using var locked = await services.Store.LockAsync(info.Id, cancellationToken).ConfigureAwait(false);
            if (!services.Exists(info.Id)) continue;
            var record = locked.Read();
            var found = await services.Rooms.ReconcileAsync(locked, record).ConfigureAwait(false);
            if (found.State != record.State) lines.Add($"Recorded that the room of session '{info.Id}' has ended.");
        }
    }

    // Read anew for each room: a session may have been started during the sweep. Its record names the room before the room is started.
    private static bool Belongs(LocalServices services, string box) =>
        Directory.EnumerateDirectories(services.Layout.Sessions).Select(path => Path.GetFileName(path)).Any(id => IsOf(services, id, box));

    private static bool IsOf(LocalServices services, string id, string box)
    {
        try
        {
            return SessionId.IsValid(id) && services.Store.TryRead(id)?.BoxId == box;
        }
        catch (CorruptSessionException)
        {
            // It may be this session's; a repair will tell.
            return true;
        }
    }
}
