using System.Collections.Concurrent;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>The one shell that is kept in each room, so that directory, variables and servers live on from call to call and from turn to turn.</summary>
internal sealed class RoomShells
{
    private readonly ConcurrentDictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    /// <summary>The room's shell, a new one where there is none or the last one has ended.</summary>
    /// <returns>The shell, and whether it takes the place of one that has ended.</returns>
    public async Task<(IShell Shell, bool IsReplacement)> GetAsync(ISandbox sandbox, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(sandbox.Id, static _ => new Slot());
        // Two callers at once get the same shell.
        await slot.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var isKnown = slot.Shell is not null;
            if (slot.Shell is { Ended.IsCompleted: false } living)
                return (living, false);
            if (!slot.IsWatched)
                _ = ForgetWithRoomAsync(sandbox, slot);
            slot.IsWatched = true;
            slot.Shell = await sandbox.OpenShellAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            return (slot.Shell, isKnown);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>Forgets a shell of whose end the model has been told.</summary>
    public void Forget(ISandbox sandbox, IShell shell)
    {
        if (_slots.TryGetValue(sandbox.Id, out var slot))
            Interlocked.CompareExchange(ref slot.Shell, null, shell);
    }

    /// <summary>Closes all shells with their background jobs.</summary>
    public async ValueTask CloseAsync()
    {
        foreach (var slot in _slots.Values)
            if (Interlocked.Exchange(ref slot.Shell, null) is { } shell)
                await shell.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ForgetWithRoomAsync(ISandbox sandbox, Slot slot)
    {
        await sandbox.Ended.ConfigureAwait(false);
        _slots.TryRemove(new KeyValuePair<string, Slot>(sandbox.Id, slot));
    }

    private sealed class Slot
    {
        public IShell? Shell;

        public SemaphoreSlim Gate { get; } = new(1);

        public bool IsWatched { get; set; }
    }
}
