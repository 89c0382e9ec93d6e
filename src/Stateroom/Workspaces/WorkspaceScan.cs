using Stateroom.Native;

namespace Stateroom.Workspaces;

/// <summary>
/// The files of a workspace at one moment, by path relative to it. Nothing is opened but directories and no link is followed, so that
/// neither a FIFO nor a link in a hostile workspace does harm. Folded, unreadable and very deep directories are one entry that ends with a slash.
/// </summary>
internal sealed class WorkspaceScan
{
    // Each level costs a descriptor; no project is that deep.
    private const int MaxDepth = 128;

    private readonly Dictionary<string, Mark> _files = new(StringComparer.Ordinal);

    private readonly record struct Mark(ulong Inode, ulong Size, long ModifiedSeconds, uint ModifiedNanoseconds, long ChangedSeconds, uint ChangedNanoseconds);

    private WorkspaceScan() { }

    public int Count => _files.Count;

    public static Task<WorkspaceScan> TakeAsync(string workspace, CancellationToken cancellationToken = default) =>
        Task.Run(() => Take(workspace, cancellationToken), cancellationToken);

    /// <summary>A workspace that does not exist is empty.</summary>
    public static WorkspaceScan Take(string workspace, CancellationToken cancellationToken = default)
    {
        var scan = new WorkspaceScan();
        using var root = HostDirectory.TryOpen(workspace);
        if (root is not null) scan.Walk(root, "", 0, cancellationToken);
        return scan;
    }

    /// <summary>Paths that are here and were not before, sorted.</summary>
    public List<string> CreatedSince(WorkspaceScan before) => Select((path, _) => !before._files.ContainsKey(path));

    /// <summary>Files that were there before and are different now, sorted. Folded directories are never said to have changed.</summary>
    public List<string> ChangedSince(WorkspaceScan before) =>
        Select((path, mark) => before._files.TryGetValue(path, out var old) && old != mark);

    private List<string> Select(Func<string, Mark, bool> condition)
    {
        var paths = new List<string>();
        foreach (var (path, mark) in _files)
            if (condition(path, mark)) paths.Add(path);
        paths.Sort(StringComparer.Ordinal);
        return paths;
    }

    private void Walk(HostDirectory directory, string prefix, int depth, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var (name, isDirectory) in directory.Entries())
        {
            var text = HostDirectory.Show(name);
            var path = prefix + text;
            if (!isDirectory)
            {
                // It may have gone since it was listed; the room is alive. In a directory without x nobody can look at it.
                if (directory.TryStat(name, out var stat, deniedIsMissing: true))
                    _files[path] = new Mark(stat.Inode, stat.Size, stat.Modified.Seconds, stat.Modified.Nanoseconds, stat.Changed.Seconds, stat.Changed.Nanoseconds);
                continue;
            }
            path += "/";
            if (depth >= MaxDepth || FoldedDirectories.Contains(text))
            {
                _files[path] = default;
                continue;
            }
            using var child = directory.TryOpenChild(name, out var errno);
            if (child is not null) Walk(child, path, depth + 1, cancellationToken);
            else if (errno == Libc.EACCES) _files[path] = default;
            else if (errno is not (Libc.ENOENT or Libc.ENOTDIR or Libc.ELOOP)) throw Libc.Failure("Cannot scan", directory.Path + "/" + text, errno);
        }
    }
}
