using Stateroom.Faults;

namespace Stateroom.Native;

/// <summary>Files that a reader sees whole, the old or the new: written beside, put on the disk, renamed into place.</summary>
internal static class AtomicFile
{
    /// <summary>Replaces a file. Callers hold the lock that makes them its only writer.</summary>
    /// <param name="path">The file.</param>
    /// <param name="data">Its new content.</param>
    /// <param name="sync">False leaves out the wait for the disk: only for a file that replaces none, where a power loss costs nothing old.</param>
    public static void Replace(string path, ReadOnlySpan<byte> data, bool sync = true)
    {
        var temporary = path + ".new";
        // What a killed writer left is truncated; it may be a link only if somebody planted one, and then this fails.
        using (var file = HostFile.Open(temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC, 0x180 /* 0600 */))
        {
            try
            {
                Failpoint.Torn(HostFailpoint.AtomicTorn, file, data);
                HostFile.Write(file, data, temporary);
                Failpoint.Hit(HostFailpoint.AtomicWritten);
                if (sync && Libc.fsync((int)file.DangerousGetHandle()) < 0) throw Libc.Failure("Cannot sync", temporary, Libc.Errno);
            }
            catch
            {
                HostFile.Remove(temporary);
                throw;
            }
        }
        Failpoint.Hit(HostFailpoint.AtomicSynced);
        HostFile.Rename(temporary, path);
        Failpoint.Hit(HostFailpoint.AtomicRenamed);
    }
}
