using System.Text.Json;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Ends rooms without their guest's help.</summary>
internal static class RoomKiller
{
    /// <summary>Kills the guest, and with it, as process 1, everything in the room; returns when the last process is gone.</summary>
    /// <param name="room">The room.</param>
    /// <param name="cancellationToken">Cancels the wait, not the kill.</param>
    public static Task KillAsync(RoomDirectory room, CancellationToken cancellationToken) =>
        // The waits are for the kernel, a few milliseconds on a thread of their own.
        !room.IsAlive() ? Task.CompletedTask : Task.Factory.StartNew(
            () => Kill(room), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).WaitAsync(cancellationToken);

    private static void Kill(RoomDirectory room)
    {
        // A room that is being started says who its process 1 is by the time this lock is free.
        HeldLock.Take(room.Info, Libc.LOCK_SH)?.Dispose();
        if (ReadGuest(room) is { } pid)
        {
            var guest = Libc.pidfd_open(pid);
            // No such process, or another one under its number by now: only while the room lives is it the guest.
            var isGuest = guest >= 0 && room.IsAlive();
            if (isGuest) End(guest);
            Failpoint.Hit(HostFailpoint.RoomKilled);
            if (guest >= 0) _ = Libc.close(guest);
        }
        // Also when bwrap failed before it had a child. The last copy of the lock goes with the last process that was born with it.
        HeldLock.Take(room.Alive, Libc.LOCK_SH)?.Dispose();
    }

    private static unsafe void End(int guest)
    {
        if (Libc.pidfd_send_signal(guest, Libc.SIGKILL) != 0 && Libc.Errno is var errno and not Esrch)
            throw new IOException($"The guest cannot be killed: {Libc.Describe(errno)}.");
        // Readable once process 1 has waited for all others of its namespace; its descriptors, the lock among them, go before that.
        var ended = new Libc.PollDescriptor { Fd = guest, Events = Libc.POLLIN };
        while (Libc.poll(&ended, 1, -1) < 0 && Libc.Errno == Libc.EINTR)
        {
        }
    }

    private const int Esrch = 3;

    /// <summary>The host's process id of the guest; null if bwrap never had a child.</summary>
    public static int? ReadGuest(RoomDirectory room)
    {
        try
        {
            using var file = File.OpenRead(room.Info);
            if (file.Length == 0) return null;
            using var info = JsonDocument.Parse(file);
            return info.RootElement.GetProperty("child-pid"u8).GetInt32();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
