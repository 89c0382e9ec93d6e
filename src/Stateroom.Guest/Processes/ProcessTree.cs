using Stateroom.Guest.Native;

namespace Stateroom.Guest.Processes;

/// <summary>
/// Finds every process that an exec or a shell command has started, however it was forked off. Each tree carries a mark that children inherit and
/// that <c>setsid</c>, a double fork and <c>env -i</c> do not shake off: the soft RLIMIT_LOCKS, which Linux has not used since 2.4.25 (getrlimit(2)).
/// The upper half of a mark names the owner, the lower half the command within a shell. Code that changes its own mark on purpose escapes a timeout,
/// not the end of its room.
/// </summary>
internal static unsafe class ProcessTree
{
    private static uint _owners;

    public static ulong NewOwner() => (ulong)++_owners << 32;

    public static void Mark(int pid, ulong mark)
    {
        var limit = new Libc.RLimit { Soft = mark, Hard = Libc.RLIM_INFINITY };
        Libc.prlimit(pid, Libc.RLIMIT_LOCKS, &limit, null);
    }

    /// <summary>The mark of a process; null if it has none or is gone.</summary>
    public static ulong? MarkOf(int pid)
    {
        Libc.RLimit limit;
        return Libc.prlimit(pid, Libc.RLIMIT_LOCKS, null, &limit) == 0 && limit.Soft != Libc.RLIM_INFINITY ? limit.Soft : null;
    }

    /// <summary>Whether a process has been stopped by a signal, as by SIGSTOP.</summary>
    public static bool IsStopped(int pid) => State(pid) == 'T';

    /// <summary>The processes of the room as they are now, the guest itself left out.</summary>
    public static List<int> All()
    {
        var found = new List<int>();
        var directory = Libc.opendir("/proc");
        if (directory == 0) return found;
        byte* entry;
        while ((entry = Libc.readdir(directory)) != null)
        {
            // struct dirent: d_name is at 19 in the 64-bit layout of glibc.
            if (TryParse(entry + 19, out var pid) && pid > 1) found.Add(pid);
        }
        Libc.closedir(directory);
        return found;
    }

    /// <summary>Sends a signal to every living process whose mark, under <paramref name="mask"/>, is <paramref name="mark"/>; says how many there are.</summary>
    /// <param name="mark">The tree.</param>
    /// <param name="mask">Which bits of the mark count.</param>
    /// <param name="except">A process to spare, or 0.</param>
    /// <param name="number">The signal; 0 only counts.</param>
    /// <param name="wake">True lets go on what is stopped: until then it would not see the signal.</param>
    public static int Signal(ulong mark, ulong mask, int except, int number, bool wake = false)
    {
        var found = 0;
        foreach (var pid in All())
        {
            if (pid == except || !IsMarked(pid, mark, mask)) continue;
            var handle = Libc.pidfd_open(pid);
            if (handle < 0) continue;
            // Checked again behind the handle: the number may be someone else's by now.
            if (IsMarked(pid, mark, mask) && State(pid) is not ('Z' or 'X') and var state)
            {
                found++;
                if (number != 0) Libc.pidfd_send_signal(handle, number);
                if (wake && state == 'T') Libc.pidfd_send_signal(handle, Libc.SIGCONT);
            }
            Libc.close(handle);
        }
        return found;
    }

    private static bool IsMarked(int pid, ulong mark, ulong mask) => MarkOf(pid) is { } own && (own & mask) == mark;

    // The letter of proc_pid_stat(5); X for a process that is gone.
    private static char State(int pid)
    {
        var fd = Libc.open($"/proc/{pid}/stat", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) return 'X';
        var buffer = stackalloc byte[256];
        var n = (int)Libc.read(fd, buffer, 256);
        Libc.close(fd);
        if (n <= 0) return 'X';
        // "pid (name) state ...": the name may hold anything, so the state is behind the last parenthesis.
        var text = new ReadOnlySpan<byte>(buffer, n);
        var at = text.LastIndexOf((byte)')');
        return at >= 0 && at + 2 < n ? (char)text[at + 2] : '?';
    }

    private static bool TryParse(byte* name, out int pid)
    {
        pid = 0;
        for (; *name != 0; name++)
        {
            if (*name is < (byte)'0' or > (byte)'9') return false;
            pid = (pid * 10) + (*name - '0');
        }
        return true;
    }
}
