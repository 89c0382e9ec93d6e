using System.Text;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest;

/// <summary>
/// The room's own life: it ends when told, when its last connection goes and nobody asked to keep it, or when it has been idle for too long.
/// The clock runs only while there is neither a connection nor an exec nor a shell command.
/// </summary>
internal static unsafe class Room
{
    // A host that dies between the start and its first connection must not leave a room behind.
    private const int FirstConnectionMilliseconds = 10_000;

    private static long _idleMilliseconds;
    private static bool _keep;
    private static int _endRecord;
    private static int _connections;
    private static int _running;
    private static Deadline? _clock;

    public static void Begin(long idleMilliseconds, bool keep, int endRecord)
    {
        (_idleMilliseconds, _keep, _endRecord) = (idleMilliseconds, keep, endRecord);
        if (keep) Watch();
        else _clock = Timers.Start(FirstConnectionMilliseconds, () => End("last-handle"));
    }

    public static void KeepRunning()
    {
        _keep = true;
        Failpoint.Hit(GuestFailpoint.KeepTaken);
    }

    public static void ConnectionOpened()
    {
        _connections++;
        Watch();
    }

    public static void ConnectionClosed()
    {
        _connections--;
        if (_connections == 0 && !_keep) End("last-handle");
        Watch();
    }

    /// <summary>An exec or a shell command begins (1) or ends (-1).</summary>
    public static void CountRunning(int change)
    {
        _running += change;
        Watch();
    }

    /// <summary>Ends everything in the room, then the guest; never returns.</summary>
    public static void End(string reason)
    {
        Failpoint.Hit(GuestFailpoint.StopTaken);
        // By the time the host sees the guest gone, so is everything else: not left to the kernel, which closes our descriptors first.
        do Libc.kill(-1, Libc.SIGKILL);
        while (ReapAll());
        Failpoint.Hit(GuestFailpoint.StopKilled);
        var line = Encoding.ASCII.GetBytes($"{reason} {TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}\n");
        fixed (byte* data = line)
        {
            Failpoint.Torn(GuestFailpoint.StopTorn, _endRecord, data, line.Length);
            Libc.write(_endRecord, data, (nuint)line.Length);
        }
        Failpoint.Hit(GuestFailpoint.StopRecorded);
        Libc._exit(0);
    }

    private static bool ReapAll()
    {
        int status;
        var any = false;
        while (true)
        {
            var pid = Libc.waitpid(-1, &status, 0);
            if (pid > 0) any = true;
            else if (Libc.Errno != Libc.EINTR) return any;
        }
    }

    private static void Watch()
    {
        _clock?.Cancel();
        _clock = null;
        if (_idleMilliseconds > 0 && _connections == 0 && _running == 0) _clock = Timers.Start(_idleMilliseconds, () => End("idle"));
    }
}
