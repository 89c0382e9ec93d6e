using System.Diagnostics;

namespace Stateroom.Guest.Loop;

/// <summary>Deadlines on the monotonic clock. They fire on the loop's thread, never early.</summary>
internal static class Timers
{
    private static readonly PriorityQueue<Deadline, long> Queue = new();

    public static long NowMilliseconds => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Runs <paramref name="action"/> once, after <paramref name="milliseconds"/>.</summary>
    public static Deadline Start(long milliseconds, Action action)
    {
        var timer = new Deadline(action);
        Queue.Enqueue(timer, NowMilliseconds + Math.Max(1, milliseconds));
        return timer;
    }

    public static int MillisecondsToNext()
    {
        while (Queue.TryPeek(out var timer, out var due))
        {
            if (!timer.Cancelled) return (int)Math.Clamp(due - NowMilliseconds, 0, int.MaxValue);
            Queue.Dequeue();
        }
        return -1;
    }

    public static void RunDue()
    {
        while (Queue.TryPeek(out var timer, out var due) && (timer.Cancelled || due <= NowMilliseconds))
        {
            Queue.Dequeue();
            if (!timer.Cancelled) timer.Fire();
        }
    }
}

/// <summary>One deadline.</summary>
internal sealed class Deadline(Action action)
{
    private Action? _action = action;

    public bool Cancelled => _action is null;

    public void Cancel() => _action = null;

    public void Fire()
    {
        var action = _action;
        _action = null;
        action?.Invoke();
    }
}
