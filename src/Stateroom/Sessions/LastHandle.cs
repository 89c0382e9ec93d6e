namespace Stateroom.Sessions;

/// <summary>What a disposed handle does about its room, which its guest ends if no other handle keeps it.</summary>
internal static class LastHandle
{
    // Whether others keep the room is known to its guest alone, so a look must tell; a room that goes is gone in a few milliseconds.
    private static readonly TimeSpan GoingWithin = TimeSpan.FromMilliseconds(50), LookAgain = TimeSpan.FromMilliseconds(1);

    /// <summary>Records that the room has ended, and removes what is left of it. Does nothing if it lives on.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="id">The session's id.</param>
    /// <param name="generation">The generation that the handle knows.</param>
    /// <param name="box">The handle's room.</param>
    public static async Task RecordEndAsync(LocalServices services, string id, long generation, string box)
    {
        try
        {
            if (services.Store.TryRead(id) is not { } known || !IsOf(known) || !await IsGoneAsync(services, known).ConfigureAwait(false)) return;
            using var locked = await services.Store.LockAsync(id, CancellationToken.None).ConfigureAwait(false);
            if (locked.TryRead() is { } record && IsOf(record)) await services.Rooms.ReconcileAsync(locked, record).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is StateroomException or IOException)
        {
            // The room has ended all the same, and the next opening or sweep records it.
        }

        bool IsOf(SessionRecord record) => record.Generation == generation && record.BoxId == box;
    }

    // By the clock of the machine: it is the kernel that ends the room, whatever time the sessions are told.
    private static async Task<bool> IsGoneAsync(LocalServices services, SessionRecord record)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (services.Rooms.IsAlive(record))
        {
            if (TimeProvider.System.GetElapsedTime(since) > GoingWithin) return false;
            await Task.Delay(LookAgain, TimeProvider.System).ConfigureAwait(false);
        }
        return true;
    }
}
