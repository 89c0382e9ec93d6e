using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>The directory of one room under <c>run/</c>, mode 0700. It outlives the room until a sweep or <see cref="Remove"/>.</summary>
/// <param name="Path">Its path.</param>
internal sealed record RoomDirectory(string Path)
{
    public string SandboxId => System.IO.Path.GetFileName(Path);

    /// <summary>The guest's socket.</summary>
    public string Socket => Path + "/guest.sock";

    /// <summary>Locked as long as the room lives.</summary>
    public string Alive => Path + "/alive";

    /// <summary>Where the guest records an orderly end.</summary>
    public string End => Path + "/end";

    /// <summary>Diagnostics of bwrap and the guest.</summary>
    public string Log => Path + "/guest.log";

    /// <summary>What bwrap says about its child; locked until it is complete.</summary>
    public string Info => Path + "/info.json";

    /// <summary>What the host says about the room.</summary>
    public string Record => Path + "/room.json";

    /// <summary>Whether the room lives, or is being started.</summary>
    public bool IsAlive()
    {
        if (!File.Exists(Alive)) return false;
        var free = HeldLock.Take(Alive, Libc.LOCK_SH | Libc.LOCK_NB);
        free?.Dispose();
        // Gone in between is as dead as free.
        return free is null && File.Exists(Alive);
    }

    /// <summary>The last lines of the log, for an error message; empty if there are none.</summary>
    public string ReadLog()
    {
        try
        {
            using var log = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            const int most = 4096;
            if (log.Length > most) log.Seek(-most, SeekOrigin.End);
            using var reader = new StreamReader(log);
            return reader.ReadToEnd().Trim();
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
    }

    /// <summary>Removes the directory; nothing happens if another was faster.</summary>
    public void Remove()
    {
        try
        {
            if (RoomRecord.Read(this)?.MemoryGroup is { } group) MemoryGroupTable.Remove(group);
            Directory.Delete(Path, recursive: true);
            Failpoint.Hit(HostFailpoint.RoomRemoved);
        }
        catch (DirectoryNotFoundException)
        {
            // Removed by a sweep of another process.
        }
    }
}
