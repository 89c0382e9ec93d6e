using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Processes;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>
/// Ends a command in a shell that is to live on: an interrupt to the shell's group, a moment later SIGTERM to what the command started and that still
/// runs; after the grace SIGKILL to all of it and the interrupt again, for a list goes on with its next command; at last SIGKILL to the shell. What is
/// stopped is made to go on, so that it sees its signal.
/// </summary>
internal sealed class Interruption
{
    private const int AgainMilliseconds = 20, LastResortMilliseconds = 1000;

    private readonly Child _shell;
    private readonly ulong _mark;
    private readonly long _killAt;
    private Deadline? _timer;
    private bool _asked;

    public Interruption(EndKind reason, Child shell, ulong mark, uint grace)
    {
        (Reason, _shell, _mark) = (reason, shell, mark);
        _killAt = Timers.NowMilliseconds + grace;
        Interrupt();
        _timer = Timers.Start(Math.Clamp(grace, 1, AgainMilliseconds), Again);
    }

    public EndKind Reason { get; }

    public void Stop()
    {
        _timer?.Cancel();
        _timer = null;
    }

    private void Again()
    {
        var now = Timers.NowMilliseconds;
        if (now >= _killAt + LastResortMilliseconds)
        {
            _shell.Signal(Libc.SIGKILL);
            return;
        }
        if (now < _killAt && !_asked)
        {
            _asked = true;
            ProcessTree.Signal(_mark, ulong.MaxValue, _shell.Pid, Libc.SIGTERM, wake: true);
        }
        if (now >= _killAt)
        {
            ProcessTree.Signal(_mark, ulong.MaxValue, _shell.Pid, Libc.SIGKILL);
            Interrupt();
        }
        _timer = Timers.Start(AgainMilliseconds, Again);
    }

    private void Interrupt()
    {
        _shell.SignalGroup(Libc.SIGINT);
        // A stopped shell would not see it.
        if (ProcessTree.IsStopped(_shell.Pid)) _shell.SignalGroup(Libc.SIGCONT);
    }
}
