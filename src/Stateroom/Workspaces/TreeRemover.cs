using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Workspaces;

/// <summary>Removes a tree that hostile code may have made: links are not followed, mode-000 and endlessly deep directories go too.</summary>
internal static unsafe class TreeRemover
{
    // Each level costs a descriptor and stack. What lies deeper is first moved up beneath the top.
    private const int MaxDepth = 64;

    /// <summary>Removes the directory and everything in it. Does nothing if it does not exist.</summary>
    public static void Remove(string path, CancellationToken cancellationToken = default)
    {
        var hoisted = 0;
        bool again;
        do
        {
            using var top = OpenTop(path);
            if (top is null) return;
            // Emptying may hoist deep directories to the top; they are found by the next round.
            again = Empty(top, top, 0, ref hoisted, cancellationToken);
        }
        while (again);
        if (Libc.rmdir(path) < 0 && Libc.Errno is var errno && errno != Libc.ENOENT) throw Libc.Failure("Cannot remove", path, errno);
    }

    private static HostDirectory? OpenTop(string path)
    {
        if (HostFile.TryStat(path) is not { } stat) return null;
        if (!stat.IsDirectory) throw Libc.Failure("Cannot remove", path, Libc.ENOTDIR);
        if ((stat.Mode & 0x1C0) != 0x1C0 && Libc.chmod(path, 0x1C0) < 0) throw Libc.Failure("Cannot open up", path, Libc.Errno);
        return HostDirectory.TryOpen(path);
    }

    // True if something was hoisted to the top, which then needs another round.
    private static bool Empty(HostDirectory directory, HostDirectory top, int depth, ref int hoisted, CancellationToken cancellationToken)
    {
        var again = false;
        foreach (var (name, isDirectory) in directory.Entries())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!isDirectory && Unlink(directory, name, 0)) continue;
            using (var child = OpenForRemoval(directory, name))
            {
                if (child is null) continue;
                if (depth >= MaxDepth)
                {
                    Hoist(directory, name, top, ref hoisted);
                    again = true;
                    continue;
                }
                again |= Empty(child, top, depth + 1, ref hoisted, cancellationToken);
            }
            Unlink(directory, name, Libc.AT_REMOVEDIR);
        }
        return again;
    }

    private static bool Unlink(HostDirectory directory, byte[] name, int flags)
    {
        fixed (byte* n = name)
        {
            var errno = Libc.unlinkat(directory.Fd, n, flags) == 0 ? 0 : Libc.Errno;
            Failpoint.Hit(HostFailpoint.TreeEntryRemoved);
            if (errno == 0) return true;
            if (errno == Libc.ENOENT) return true;
            // It has become a directory since it was listed.
            if (errno == Libc.EISDIR && flags == 0) return false;
            throw Libc.Failure("Cannot remove", directory.Path + "/" + HostDirectory.Show(name), errno);
        }
    }

    private static HostDirectory? OpenForRemoval(HostDirectory directory, byte[] name)
    {
        if (!directory.TryStat(name, out var stat)) return null;
        if (!stat.IsDirectory)
        {
            Unlink(directory, name, 0);
            return null;
        }
        // Searching, listing and unlinking need rwx; nobody else writes here any more, so that the name still means the directory just seen.
        if ((stat.Mode & 0x1C0) != 0x1C0)
        {
            fixed (byte* n = name)
                if (Libc.fchmodat(directory.Fd, n, 0x1C0, 0) < 0)
                    throw Libc.Failure("Cannot open up", directory.Path + "/" + HostDirectory.Show(name), Libc.Errno);
        }
        var child = directory.TryOpenChild(name, out var errno);
        return child is not null || errno == Libc.ENOENT
            ? child
            : throw Libc.Failure("Cannot open", directory.Path + "/" + HostDirectory.Show(name), errno);
    }

    private static void Hoist(HostDirectory directory, byte[] name, HostDirectory top, ref int hoisted)
    {
        while (true)
        {
            var to = HostDirectory.Name($".hoisted-{hoisted++}");
            fixed (byte* n = name)
            fixed (byte* t = to)
            {
                if (top.TryStat(to, out _)) continue;
                if (Libc.renameat(directory.Fd, n, top.Fd, t) < 0)
                    throw Libc.Failure("Cannot move up", directory.Path + "/" + HostDirectory.Show(name), Libc.Errno);
                Failpoint.Hit(HostFailpoint.TreeHoisted);
                return;
            }
        }
    }
}
