using System.Buffers.Text;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Processes;

/// <summary>
/// Which processes the kernel ends first when the room's memory, or the host's, is used up (proc_pid_oom_score_adj(5)): those that the guest starts, and
/// never the guest, with which the whole room would end.
/// </summary>
internal static unsafe class Sacrifice
{
    /// <summary>
    /// A process counts as if it had half of all memory more than it has, and so does what it starts. It is set from outside: while a child borrows the
    /// guest's memory until its exec, what holds for one holds for both.
    /// </summary>
    public static void Offer(int pid)
    {
        var path = stackalloc byte[40];
        var text = new Span<byte>(path, 40);
        "/proc/"u8.CopyTo(text);
        Utf8Formatter.TryFormat(pid, text[6..], out var digits);
        "/oom_score_adj\0"u8.CopyTo(text[(6 + digits)..]);
        var file = Libc.open(path, Libc.O_WRONLY | Libc.O_CLOEXEC, 0);
        // It has ended, or is one that only root may touch.
        if (file < 0) return;
        fixed (byte* half = "500"u8) Libc.write(file, half, 3);
        Libc.close(file);
    }
}
