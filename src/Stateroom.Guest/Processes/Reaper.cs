using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Processes;

/// <summary>
/// Collects the end of every child: the guest's own, and the orphans that fall to process 1. There is one mechanism, waitpid, so none steals
/// another's; own children wake it exactly through a pidfd, orphans through SIGCHLD.
/// </summary>
internal sealed unsafe class Reaper : EventSource
{
    // Not before the first client has its answer: the two threads' handshake costs a start a good part of a millisecond, and orphans can wait.
    private const int FinalizerMilliseconds = 50;

    private static readonly Dictionary<int, Child> Children = [];
    private static byte* _childSignal;

    private Reaper(int fd)
    {
        Fd = fd;
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    public static void Begin()
    {
        _childSignal = (byte*)NativeMemory.AllocZeroed(Libc.SignalSetSize);
        _childSignal[(Libc.SIGCHLD - 1) / 8] = 1 << ((Libc.SIGCHLD - 1) % 8);
        Block();
        Timers.Start(FinalizerMilliseconds, BlockInFinalizerThread);
        _ = new Reaper(Libc.signalfd(-1, _childSignal, Libc.O_NONBLOCK | Libc.O_CLOEXEC));
    }

    public static void Watch(Child child) => Children.Add(child.Pid, child);

    public override void OnReady(uint events)
    {
        // signalfd_siginfo is 128 bytes (signalfd(2)); what it says does not matter.
        var ignored = stackalloc byte[128 * 8];
        while (Libc.read(Fd, ignored, 128 * 8) > 0) { }
        ReapAll();
    }

    public static void ReapAll()
    {
        int status;
        int pid;
        while ((pid = Libc.waitpid(-1, &status, 1 /* WNOHANG */)) > 0)
        {
            if (Children.Remove(pid, out var child)) child.Reaped(status);
        }
    }

    /// <summary>
    /// The finalizer's thread was there before Main: unless it blocks the signal too, the kernel may give it to that thread, and it is lost.
    /// </summary>
    private static void BlockInFinalizerThread()
    {
        Abandon();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        ReapAll();
    }

    private static void Block() => Libc.sigprocmask(0 /* SIG_BLOCK */, _childSignal, null);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new FinalizerThreadHook();

    private sealed class FinalizerThreadHook
    {
        ~FinalizerThreadHook() => Block();
    }
}
