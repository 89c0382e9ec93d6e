using System.Text.Json;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Rebuilds damaged metadata from what is left: the directory, the history, and what of session.json still reads.</summary>
internal static class SessionRepair
{
    /// <summary>Repairs a session. On one that is whole it does nothing.</summary>
    /// <returns>What was done, one line each.</returns>
    /// <exception cref="SessionNotFoundException">There is nothing of that id that could be a session.</exception>
    public static async Task<IReadOnlyList<string>> RepairAsync(LocalServices services, string id, CancellationToken cancellationToken)
    {
        var paths = services.Layout.Session(id);
        if (HostFile.TryStat(paths.Metadata) is not { IsDirectory: true }) throw new SessionNotFoundException(id);
        using var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false);
        var lines = new List<string>();
        using (var history = new HistoryLog(paths.History, services.Time)) history.RepairTail();
        RepairMessages(services, locked, lines);
        try
        {
            if (locked.TryRead() is not null) return lines;
            lines.Add($"Session '{id}': session.json was missing.");
        }
        catch (CorruptSessionException damage)
        {
            lines.Add(damage.Message);
            var aside = Aside(paths.Record, locked.Now);
            SetAside(paths.Record, aside);
            Failpoint.Hit(HostFailpoint.RepairSetAside);
            lines.Add($"Session '{id}': the damaged file is kept as {Path.GetFileName(aside)}.");
        }
        var record = locked.WriteCounted(await RebuildAsync(services, locked, cancellationToken).ConfigureAwait(false));
        Failpoint.Hit(HostFailpoint.RepairWritten);
        HostFile.SyncDirectory(paths.Metadata);
        lines.Add($"Session '{id}': session.json rebuilt from its history: {record.TotalCommands} commands, {record.TotalTurns} turns, " +
            $"{record.TotalFilesCreated} files. Agent and sandbox options and metadata are the defaults.");
        return lines;
    }

    /// <summary>Ids of what has a history and no session.json.</summary>
    public static IReadOnlyList<string> FindLeftovers(LocalServices services, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach (var id in Directory.EnumerateDirectories(services.Layout.Sessions).Select(path => Path.GetFileName(path)).Where(SessionId.IsValid))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // A creation or removal holds the lock; what a killed process left of an ephemeral session, the sweep removes.
            if (!services.Exists(id) && HostFile.TryStat(services.Layout.Session(id).History) is { IsRegular: true } &&
                HostFile.TryStat(services.Layout.EphemeralMarker(id)) is null && !FileLock.IsHeld(services.Layout.Lock(id)) && !services.Exists(id))
                found.Add(id);
        }
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    /// <summary>The sandboxes that a history names, oldest first.</summary>
    public static async Task<IReadOnlyList<string>> BoxesAsync(string history, CancellationToken cancellationToken = default)
    {
        var boxes = new List<string>();
        await foreach (var entry in HistoryReader.ReadAsync(history, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Action is HistoryActions.SessionCreated or HistoryActions.Restored && entry.Context.ValueKind == JsonValueKind.Object &&
                entry.Context.TryGetProperty("box_id", out var box) && box.ValueKind == JsonValueKind.String && SessionId.IsValid(box.GetString()))
                boxes.Add(box.GetString()!);
        }
        return boxes;
    }

    private static async Task<SessionRecord> RebuildAsync(LocalServices services, LockedSession locked, CancellationToken cancellationToken)
    {
        DateTimeOffset? created = null;
        await foreach (var entry in HistoryReader.ReadAsync(locked.Paths.History, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Action == HistoryActions.DamagedLine) continue;
            created = entry.Timestamp;
            break;
        }
        var boxes = await BoxesAsync(locked.Paths.History, cancellationToken).ConfigureAwait(false);
        // The room's user owns the home; nothing else remembers it.
        uint? uid = HostFile.TryStat(locked.Paths.Home) is { } home && HostUids.IsOurs(home.Uid) ? home.Uid : null;
        if (uid is null && Libc.geteuid() == 0) uid = await services.HostUids.AllocateAsync(cancellationToken).ConfigureAwait(false);
        return new SessionRecord
        {
            SessionId = locked.Id,
            BoxId = boxes.Count == 0 ? null : boxes[^1],
            CreatedAt = created ?? locked.Now,
            UpdatedAt = locked.Now,
            // Idle is checked against the room at every look; without a room it cannot be.
            State = boxes.Count == 0 ? SessionState.Closed : SessionState.Idle,
            Persistent = true,
            HostUid = uid,
            Generation = locked.NextGeneration(),
        };
    }

    private static void RepairMessages(LocalServices services, LockedSession locked, List<string> lines)
    {
        var path = locked.Paths.Messages;
        // A running turn writes this file; its own start has repaired it.
        if (HostFile.TryStat(path) is null || FileLock.TryAcquire(services.Layout.TurnLock(locked.Id)) is not { } turn) return;
        using (turn)
        {
            using var kept = new MemoryStream();
            var damaged = 0;
            using (var reader = new JsonLineReader(path))
            {
                while (reader.Read())
                {
                    if (!reader.IsComplete || MessageLog.Parse(reader.Line.Span) is null) damaged++;
                    else
                    {
                        kept.Write(reader.Line.Span);
                        kept.WriteByte((byte)'\n');
                    }
                }
            }
            if (damaged == 0) return;
            var aside = Aside(path, locked.Now);
            SetAside(path, aside);
            AtomicFile.Replace(path, kept.GetBuffer().AsSpan(0, (int)kept.Length));
            lines.Add($"Session '{locked.Id}': {damaged} damaged lines taken out of messages.jsonl; the old file is kept as {Path.GetFileName(aside)}.");
        }
    }

    // A second name: until the new file takes the first one there is a session. What can have no second name, such as a directory, moves.
    private static void SetAside(string path, string aside)
    {
        if (Libc.link(path, aside) < 0) HostFile.Rename(path, aside);
    }

    private static string Aside(string path, DateTimeOffset now) => $"{path}.damaged-{now.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}";
}
