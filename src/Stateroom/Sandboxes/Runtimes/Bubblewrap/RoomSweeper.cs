namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Ends rooms that belong to nobody, and removes what dead ones left.</summary>
internal static class RoomSweeper
{
    public static async Task<IReadOnlyList<string>> SweepAsync(RunDirectory run, EtcDirectory etc, Func<string, bool> belongs, CancellationToken cancellationToken)
    {
        var done = new List<string>();
        foreach (var room in run.Rooms())
        {
            if (!room.IsAlive() || belongs(room.SandboxId)) continue;
            await RoomKiller.KillAsync(room, cancellationToken).ConfigureAwait(false);
            room.Remove();
            done.Add($"Ended sandbox '{room.SandboxId}', which belonged to no session.");
        }
        cancellationToken.ThrowIfCancellationRequested();
        if (Directory.Exists(run.Path)) RemoveDead(run, etc, done);
        return done;
    }

    private static void RemoveDead(RunDirectory run, EtcDirectory etc, List<string> done)
    {
        using var held = run.Lock(exclusive: true);
        // The newest stays for the next room, the others as long as a living room shows them.
        var used = new HashSet<string>(StringComparer.Ordinal) { Path.GetFileName(etc.Current) };
        foreach (var room in run.Rooms())
        {
            if (room.IsAlive())
            {
                if (RoomRecord.Read(room) is { } record) used.Add(record.Etc);
                continue;
            }
            room.Remove();
            done.Add($"Removed what sandbox '{room.SandboxId}' left.");
        }
        foreach (var directory in Directory.EnumerateDirectories(run.Path))
        {
            var name = Path.GetFileName(directory);
            if (EtcDirectory.IsUnfinished(name) || (EtcDirectory.IsName(name) && !used.Contains(name))) Directory.Delete(directory, recursive: true);
        }
    }
}
