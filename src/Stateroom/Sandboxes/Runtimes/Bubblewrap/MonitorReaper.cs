using System.Runtime.InteropServices;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>
/// Waits for the outer bwrap processes, which are children of this one, by their own ids only, so that it takes no wait from others, and without a
/// thread for each.
/// </summary>
internal sealed class MonitorReaper
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, TaskCompletionSource<int>> _monitors = [];
    private readonly PosixSignalRegistration _childEnded;

    private MonitorReaper() => _childEnded = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => Reap());

    /// <summary>The process has one SIGCHLD, so it has one reaper.</summary>
    public static MonitorReaper Shared { get; } = new();

    /// <summary>Watches a child that was just started.</summary>
    /// <param name="pid">Its id.</param>
    /// <returns>Its exit code, 128+n for signal n, or -1 if somebody else took the wait.</returns>
    public Task<int> Watch(int pid)
    {
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            // It may have ended already, and its signal come before it was in the table.
            if (Poll(pid) is { } status) end.SetResult(status);
            else _monitors.Add(pid, end);
        }
        return end.Task;
    }

    private void Reap()
    {
        lock (_gate)
        {
            foreach (var (pid, end) in _monitors)
            {
                if (Poll(pid) is not { } status) continue;
                // The id is free from now on and may come again; removing while enumerating is allowed.
                _monitors.Remove(pid);
                end.SetResult(status);
            }
        }
    }

    private static unsafe int? Poll(int pid)
    {
        int status, result;
        do result = Libc.waitpid(pid, &status, Libc.WNOHANG);
        while (result < 0 && Libc.Errno == Libc.EINTR);
        if (result == 0) return null;
        if (result < 0) return -1;
        var signal = status & 0x7f;
        return signal != 0 ? 128 + signal : (status >> 8) & 0xff;
    }
}
