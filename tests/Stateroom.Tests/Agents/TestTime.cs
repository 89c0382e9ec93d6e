namespace Stateroom.Tests.Agents;

/// <summary>A clock whose short timers fire at once and are written down, so that back-off takes no time; longer ones never fire unless told to.</summary>
internal sealed class TestTime : TimeProvider
{
    private readonly List<TimeSpan> _waits = [];

    /// <summary>The waits that were asked for, up to a minute long.</summary>
    public IReadOnlyList<TimeSpan> Waits => _waits;

    /// <summary>Set, long timers fire at once too.</summary>
    public bool IsImpatient { get; set; }

    /// <summary>The time of day; null means the real one.</summary>
    public DateTimeOffset? UtcNow { get; set; }

    public override DateTimeOffset GetUtcNow() => UtcNow ?? base.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime <= TimeSpan.FromMinutes(1))
            _waits.Add(dueTime);
        var due = dueTime <= TimeSpan.FromMinutes(1) || IsImpatient ? TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan;
        return System.CreateTimer(callback, state, due, Timeout.InfiniteTimeSpan);
    }
}
