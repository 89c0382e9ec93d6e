using Stateroom.Execution;

namespace Stateroom.Sessions;

/// <summary>One handle's share in keeping its session's records within bounds: in the background, one sweep at a time.</summary>
/// <param name="retention">What is done.</param>
internal sealed class SessionRetention(ExecutionRetention retention) : IAsyncDisposable
{
    // A sweep looks at every record once; so often it costs a start little.
    private const int StartsPerSweep = 256;

    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _sync = new();
    private Task _sweep = Task.CompletedTask;
    private int _starts;

    /// <summary>An exec or a shell has been started.</summary>
    public void CountStart()
    {
        if (Interlocked.Increment(ref _starts) % StartsPerSweep == 0) Begin();
    }

    /// <summary>Begins a sweep, unless one is running. One that failed is tried again.</summary>
    public void Begin()
    {
        lock (_sync)
        {
            if (_sweep.IsCompleted && !_ending.IsCancellationRequested) _sweep = Task.Run(() => retention.Apply(_ending.Token), _ending.Token);
        }
    }

    /// <summary>Stops a sweep; the next one goes on. If the last one failed, this throws what it met.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        Task sweep;
        lock (_sync) sweep = _sweep;
        try
        {
            await sweep.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // Whoever opens the session next goes on.
        }
    }
}
