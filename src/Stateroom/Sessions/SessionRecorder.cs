using System.Collections.Concurrent;

namespace Stateroom.Sessions;

/// <summary>One handle's pen: writes commands into the history at once, and the counters into session.json within a second.</summary>
internal sealed class SessionRecorder : IAsyncDisposable
{
    // The documented bound is one second; the rest is for the lock and the write.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    private readonly HistoryLog _history;
    private readonly Func<Task> _writeCounters;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<string, bool> _started = new(StringComparer.Ordinal);
    private readonly Lock _sync = new();
    private Task _writing = Task.CompletedTask;
    private int _dirty;
    private bool _disposed;

    /// <param name="history">The session's history; owned from now on.</param>
    /// <param name="time">The clock.</param>
    /// <param name="writeCounters">Counts the history into session.json.</param>
    public SessionRecorder(HistoryLog history, TimeProvider time, Func<Task> writeCounters)
    {
        _history = history;
        Time = time;
        _writeCounters = writeCounters;
        _timer = time.CreateTimer(static state => ((SessionRecorder)state!).Elapsed(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public TimeProvider Time { get; }

    public void Command(string execId, string? shellId, string command)
    {
        _history.AppendCommand(execId, shellId, command);
        if (Interlocked.Exchange(ref _dirty, 1) == 0) _timer.Change(Delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether this handle sees an exec id that its caller chose for the first time.</summary>
    public bool IsNew(string execId) => _started.TryAdd(execId, true);

    /// <summary>Writes what is left. A counter that could not be written in time is tried again here, and here the failure is the caller's.</summary>
    public async ValueTask DisposeAsync()
    {
        Task writing;
        lock (_sync)
        {
            if (_disposed) return;
            _disposed = true;
            writing = _writing;
        }
        await _timer.DisposeAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            if (writing.IsFaulted || Interlocked.Exchange(ref _dirty, 0) == 1) await _writeCounters().ConfigureAwait(false);
        }
        finally
        {
            _history.Dispose();
        }
    }

    private void Elapsed()
    {
        lock (_sync)
        {
            if (_disposed) return;
            // Cleared before the count: a command that comes in between arms the timer again.
            Interlocked.Exchange(ref _dirty, 0);
            _writing = WriteAfter(_writing);
        }
    }

    private async Task WriteAfter(Task earlier)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await earlier.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _writeCounters().ConfigureAwait(false);
    }
}
