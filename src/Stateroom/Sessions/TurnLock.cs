using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>The right to run a session's turn: first in this process's order, then against other processes.</summary>
internal sealed class TurnLock : IDisposable
{
    private readonly IDisposable _pass;
    private readonly FileLock _file;

    private TurnLock(IDisposable pass, FileLock file)
    {
        _pass = pass;
        _file = file;
    }

    /// <summary>Takes its place in the queue before it returns.</summary>
    public static Task<TurnLock> AcquireAsync(string path, TimeProvider time, CancellationToken cancellationToken) =>
        WaitAsync(TurnGate.EnterAsync(path, cancellationToken), path, time, cancellationToken);

    private static async Task<TurnLock> WaitAsync(Task<TurnGate.Pass> place, string path, TimeProvider time, CancellationToken cancellationToken)
    {
        var pass = await place.ConfigureAwait(false);
        try
        {
            // A turn may take hours, and flock cannot be interrupted: only here it is tried again and again.
            for (var delay = 5; ; delay = Math.Min(delay * 2, 100))
            {
                if (FileLock.TryAcquire(path) is { } file) return new TurnLock(pass, file);
                await Task.Delay(TimeSpan.FromMilliseconds(delay), time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            pass.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _pass.Dispose();
    }
}
