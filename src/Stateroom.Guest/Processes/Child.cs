using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Processes;

/// <summary>A process that the guest has started.</summary>
internal sealed class Child : EventSource
{
    private readonly Action<ExitStatus> _exited;

    public Child(int pid, Action<ExitStatus> exited)
    {
        Pid = pid;
        _exited = exited;
        Reaper.Watch(this);
        Fd = Libc.pidfd_open(pid);
        if (Fd >= 0) EventLoop.Add(this, Libc.EPOLLIN);
    }

    public int Pid { get; }

    public bool IsRunning { get; private set; } = true;

    public override void OnReady(uint events) => Reaper.ReapAll();

    public void Signal(int number)
    {
        if (IsRunning) Libc.kill(Pid, number);
    }

    /// <summary>Signals the process group that the child leads. Until it is reaped its number cannot be another's.</summary>
    public void SignalGroup(int number)
    {
        if (IsRunning) Libc.kill(-Pid, number);
    }

    public void Reaped(int status)
    {
        IsRunning = false;
        if (Fd >= 0)
        {
            EventLoop.Remove(Fd);
            Libc.close(Fd);
            Fd = -1;
        }
        _exited(new ExitStatus(status));
    }
}

/// <summary>What waitpid(2) says of an end.</summary>
internal readonly struct ExitStatus(int status)
{
    public bool WasSignaled => Signal != 0;

    public int Signal => status & 0x7f;

    public int ExitCode => WasSignaled ? -1 : (status >> 8) & 0xff;
}
