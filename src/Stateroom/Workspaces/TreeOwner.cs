using Stateroom.Native;

namespace Stateroom.Workspaces;

/// <summary>Gives a tree to a room's user. Only for a root host, and only while no room uses the tree.</summary>
internal static unsafe class TreeOwner
{
    private const int MaxDepth = 500;

    /// <summary>Changes owner and group of everything in the tree.</summary>
    /// <param name="path">The tree's top; not a link.</param>
    /// <param name="uid">The new owner and group.</param>
    /// <param name="earlierUid">The owner that an earlier session of the same id had; its files may have several links. Null if there was none.</param>
    /// <param name="notes">What was left as it was, one line each.</param>
    /// <param name="cancellationToken">Stops the walk.</param>
    public static void Give(string path, uint uid, uint? earlierUid, List<string> notes, CancellationToken cancellationToken)
    {
        using var top = HostDirectory.Open(path);
        if (Libc.fchown(top.Fd, uid, uid) < 0) throw Libc.Failure($"Cannot give to uid {uid}", path, Libc.Errno);
        Walk(top, uid, earlierUid, notes, 0, cancellationToken);
    }

    private static void Walk(HostDirectory directory, uint uid, uint? earlierUid, List<string> notes, int depth, CancellationToken cancellationToken)
    {
        foreach (var (name, isDirectory) in directory.Entries())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!directory.TryStat(name, out var stat)) continue;
            // A second link may lie outside the tree: giving it away could give away a file of the host (link(2) asks for no ownership by root).
            if (!isDirectory && stat.Links > 1 && stat.Uid != uid && stat.Uid != earlierUid)
            {
                notes.Add($"'{directory.Path}/{HostDirectory.Show(name)}' has {stat.Links} links and keeps its owner (uid {stat.Uid}).");
                continue;
            }
            fixed (byte* n = name)
            {
                if (Libc.fchownat(directory.Fd, n, uid, uid, Libc.AT_SYMLINK_NOFOLLOW) < 0)
                    throw Libc.Failure($"Cannot give to uid {uid}", directory.Path + "/" + HostDirectory.Show(name), Libc.Errno);
            }
            if (!isDirectory) continue;
            if (depth >= MaxDepth)
            {
                notes.Add($"'{directory.Path}/{HostDirectory.Show(name)}' lies more than {MaxDepth} directories deep; what is in it keeps its owner.");
                continue;
            }
            using var child = directory.TryOpenChild(name, out var errno);
            if (child is not null) Walk(child, uid, earlierUid, notes, depth + 1, cancellationToken);
            else throw Libc.Failure("Cannot open", directory.Path + "/" + HostDirectory.Show(name), errno);
        }
    }
}
