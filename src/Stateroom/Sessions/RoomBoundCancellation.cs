namespace Stateroom.Sessions;

/// <summary>A token that the caller's cancels, and the end of a room: an agent that waits for its model learns that its room has gone.</summary>
internal sealed class RoomBoundCancellation : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly Lock _sync = new();
    private bool _disposed;

    public RoomBoundCancellation(ISandbox room, CancellationToken cancellationToken)
    {
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _source.Token;
        _ = WatchAsync(room.Ended);
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        lock (_sync) _disposed = true;
        _source.Dispose();
    }

    private async Task WatchAsync(Task ended)
    {
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task canceling;
        lock (_sync)
        {
            if (_disposed) return;
            // Callbacks run outside of the lock.
            canceling = _source.CancelAsync();
        }
        await canceling.ConfigureAwait(false);
    }
}
