using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Processes;

/// <summary>Ends all processes of a tree: SIGTERM, after the grace SIGKILL, again and again until none is left.</summary>
internal sealed class TreeEnding
{
    private const int LookAgainMilliseconds = 2;

    private readonly ulong _mark;
    private readonly ulong _mask;
    private readonly int _except;
    private readonly Action _done;
    private readonly long _killAt;

    /// <param name="mark">The tree.</param>
    /// <param name="mask">Which bits of the mark count.</param>
    /// <param name="except">A process to spare, or 0.</param>
    /// <param name="graceMilliseconds">Time between SIGTERM and SIGKILL; 0 kills at once.</param>
    /// <param name="done">Called when nothing of the tree is left.</param>
    public TreeEnding(ulong mark, ulong mask, int except, uint graceMilliseconds, Action done)
    {
        (_mark, _mask, _except, _done) = (mark, mask, except, done);
        _killAt = Timers.NowMilliseconds + graceMilliseconds;
        if (graceMilliseconds > 0) ProcessTree.Signal(_mark, _mask, _except, Libc.SIGTERM, wake: true);
        Look();
    }

    private void Look()
    {
        var number = Timers.NowMilliseconds >= _killAt ? Libc.SIGKILL : 0;
        // Nothing found twice: one look alone can miss a child that was forked behind it.
        if (ProcessTree.Signal(_mark, _mask, _except, number) > 0 || ProcessTree.Signal(_mark, _mask, _except, number) > 0)
        {
            Timers.Start(LookAgainMilliseconds, Look);
            return;
        }
        // What has died and fallen to process 1 is not to be seen any more when the end is told.
        Reaper.ReapAll();
        _done();
    }
}
