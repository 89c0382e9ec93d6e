using System.Globalization;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Processes;

namespace Stateroom.Guest;

/// <summary>
/// The guest: process 1 in every room. Arguments: idle time in ms (0 = never), 1 to outlive the last connection, the most processes,
/// hard and soft limit of open files, and where to die for a test (Failpoint). Descriptors: 3 listening socket, 4 the lock whose life is the room's, 5 the record of the end.
/// </summary>
internal static unsafe class Program
{
    private const int ListenerFd = 3, EndRecordFd = 5, FirstOther = 6, Numbers = 5;

    private static int Main(string[] arguments)
    {
        // First of all: from here on no code in the room can trace this process or look into /proc/1.
        Libc.prctl(Libc.PR_SET_DUMPABLE, 0, 0, 0, 0);
        Libc.close_range(FirstOther, uint.MaxValue, 0);
        for (var fd = ListenerFd; fd <= EndRecordFd; fd++) Libc.fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);
        fixed (byte* name = "stateroom-guest\0"u8) Libc.prctl(Libc.PR_SET_NAME, (nint)name, 0, 0, 0);
        Libc.signal(Libc.SIGPIPE, 1);
        // The runtime's handlers would take a signal that the room sends for a fault of ours; by default the kernel drops it for process 1.
        Libc.signal(Libc.SIGSEGV, 0);
        Libc.signal(Libc.SIGFPE, 0);

        if (arguments.Length > Numbers) Failpoint.Arm(arguments[Numbers]);
        var numbers = Array.ConvertAll(arguments[..Numbers], a => long.Parse(a, CultureInfo.InvariantCulture));
        Limits.Apply(processes: (ulong)numbers[2], openFiles: (ulong)numbers[3], softOpenFiles: (ulong)numbers[4]);
        Reaper.Begin();
        Room.Begin(numbers[0], keep: numbers[1] != 0, EndRecordFd);
        _ = new Listener(ListenerFd);
        EventLoop.Run();
        return 0;
    }
}
