using Stateroom.Native;

namespace Stateroom.Files.Watch;

/// <summary>Watches a directory and all below it. A new directory is watched before it is looked into, so that nothing in it is missed.</summary>
internal sealed class FileWatch : IDisposable
{
    private const uint Mask = InotifyQueue.Modify | InotifyQueue.Attributes | InotifyQueue.MovedFrom | InotifyQueue.MovedTo | InotifyQueue.Create | InotifyQueue.Delete
        | InotifyQueue.DeleteSelf | InotifyQueue.MoveSelf | InotifyQueue.OnlyDirectory | InotifyQueue.ExcludeUnlinked;

    // The two halves of a rename are queued one after the other; the second may be a moment behind.
    private const int OtherHalfMilliseconds = 10;

    private readonly FileTree _tree;
    private readonly byte[] _start;
    private readonly InotifyQueue _queue = new();
    private readonly Dictionary<int, byte[]> _watched = [];

    // Found by a look into a new directory; the queue may hold the news of them as well.
    private readonly HashSet<string> _found = [];
    private readonly int _top;
    private InotifyEvent? _half;

    /// <param name="tree">The tree; not owned.</param>
    /// <param name="start">The directory in it.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    public FileWatch(FileTree tree, byte[] start, CancellationToken cancellationToken)
    {
        (_tree, _start) = (tree, start);
        try
        {
            using var node = tree.Find(start, follow: true, "Cannot watch");
            if (!node.IsDirectory) throw FileFailure.WrongType("Cannot watch", tree.PathOf(start), node.Stat);
            _top = tree.Calls.AddWatch(_queue.Handle, node.Handle, Mask);
            if (_top < 0) throw tree.Failure("Cannot watch", start, -_top);
            _watched[_top] = [];
            Changes.Add(new FileChange(FileChangeKind.Ready, tree.PathOf(start), IsDirectory: true));
            AddBelow(node, [], tell: false, cancellationToken);
        }
        catch
        {
            _queue.Dispose();
            throw;
        }
    }

    /// <summary>What is to be told; the reader takes it away.</summary>
    public List<FileChange> Changes { get; } = [];

    /// <summary>True when the directory has gone.</summary>
    public bool Ended { get; private set; }

    /// <summary>Waits until there is something to tell. Blocks its thread.</summary>
    public void Wait(CancellationToken cancellationToken)
    {
        using var stop = cancellationToken.Register(_queue.Wake);
        while (Changes.Count == 0 && !Ended)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var events = _queue.Read();
            foreach (var change in events) Take(change, cancellationToken);
            if (events.Count > 0) continue;
            // The queue is empty: what is told of found names from now on is new.
            _found.Clear();
            _queue.Wait(_half is null ? -1 : OtherHalfMilliseconds);
            if (_half is not null && _queue.Read() is var more)
            {
                foreach (var change in more) Take(change, cancellationToken);
                if (more.Count == 0) GiveUpHalf();
            }
        }
    }

    public void Dispose() => _queue.Dispose();

    private void Take(InotifyEvent change, CancellationToken cancellationToken)
    {
        if (_half is { } half)
        {
            if ((change.Mask & InotifyQueue.MovedTo) != 0 && change.Cookie == half.Cookie && _watched.TryGetValue(change.Watch, out var directory) && PathOf(half) is { } from)
            {
                _half = null;
                Rename(from, FileNames.Join(directory, change.Name), IsDirectory(change));
                return;
            }
            GiveUpHalf();
        }
        if ((change.Mask & InotifyQueue.Overflow) != 0) Changes.Add(new FileChange(FileChangeKind.Overflow, _tree.PathOf(_start), IsDirectory: true));
        else if ((change.Mask & InotifyQueue.Ignored) != 0) Forget(change.Watch);
        else if ((change.Mask & (InotifyQueue.DeleteSelf | InotifyQueue.MoveSelf)) != 0) Ended |= change.Watch == _top;
        else if (change.Name.Length > 0 && PathOf(change) is { } path) Take(change, path, cancellationToken);
    }

    private void Take(InotifyEvent change, byte[] path, CancellationToken cancellationToken)
    {
        var isDirectory = IsDirectory(change);
        if ((change.Mask & InotifyQueue.MovedFrom) != 0) _half = change;
        else if ((change.Mask & (InotifyQueue.Create | InotifyQueue.MovedTo)) != 0) Come(path, isDirectory, (change.Mask & InotifyQueue.MovedTo) != 0, cancellationToken);
        else if ((change.Mask & InotifyQueue.Delete) != 0) Go(path, isDirectory);
        else Tell(FileChangeKind.Changed, path, isDirectory);
    }

    private void Come(byte[] path, bool isDirectory, bool moved, CancellationToken cancellationToken)
    {
        if (_found.Remove(FileNames.ToText(path)))
        {
            // Told already; what was moved over it has other content.
            if (moved) Tell(FileChangeKind.Changed, path, isDirectory);
            return;
        }
        Tell(FileChangeKind.Created, path, isDirectory);
        if (!isDirectory) return;
        // Whatever is in the way of it now has news of its own.
        var handle = _tree.Calls.OpenBeneath(_tree.Root, FileTree.AsPath(FileNames.Join(_start, path)), Libc.O_PATH | Libc.O_NOFOLLOW, links: true, out _);
        using var node = handle is null ? null : FileNode.Take(_tree.Calls, handle, out _);
        if (node is { IsDirectory: true }) Add(node, path, tell: true, cancellationToken);
    }

    private void Go(byte[] path, bool isDirectory)
    {
        _found.Remove(FileNames.ToText(path));
        Tell(FileChangeKind.Removed, path, isDirectory);
    }

    private void GiveUpHalf()
    {
        if (_half is { } half && PathOf(half) is { } path)
        {
            Go(path, IsDirectory(half));
            // It lives on elsewhere, which is not watched.
            foreach (var (watch, directory) in _watched.ToArray())
                if (Rebase(directory, path, []) is not null) _ = Libc.inotify_rm_watch((int)_queue.Handle.DangerousGetHandle(), watch);
        }
        _half = null;
    }

    private void Rename(byte[] from, byte[] to, bool isDirectory)
    {
        foreach (var (watch, directory) in _watched.ToArray())
            if (Rebase(directory, from, to) is { } renamed) _watched[watch] = renamed;
        Changes.Add(new FileChange(FileChangeKind.Renamed, Shown(to), Shown(from), isDirectory));
    }

    private void Add(FileNode node, byte[] path, bool tell, CancellationToken cancellationToken)
    {
        if (!Watch(node, path)) return;
        AddBelow(node, path, tell, cancellationToken);
    }

    private void AddBelow(FileNode node, byte[] path, bool tell, CancellationToken cancellationToken)
    {
        // A directory is yielded before it is read: it is watched first.
        var walk = new TreeWalk(_tree.Calls, (below, _) => NotWatched(FileNames.Join(path, below)));
        foreach (var (below, child) in walk.Below(node, recursive: true, cancellationToken))
        {
            var at = path.Length == 0 ? below : FileNames.Join(path, below);
            if (tell && _found.Add(FileNames.ToText(at))) Tell(FileChangeKind.Created, at, child.IsDirectory);
            if (child.IsDirectory) Watch(child, at);
        }
    }

    private bool Watch(FileNode node, byte[] path)
    {
        var watch = _tree.Calls.AddWatch(_queue.Handle, node.Handle, Mask);
        if (watch >= 0) _watched[watch] = path;
        else NotWatched(path);
        return watch >= 0;
    }

    private void NotWatched(byte[] path) => Changes.Add(new FileChange(FileChangeKind.Overflow, Shown(path), IsDirectory: true));

    private void Forget(int watch)
    {
        _watched.Remove(watch);
        Ended |= watch == _top;
    }

    private void Tell(FileChangeKind kind, byte[] path, bool isDirectory)
    {
        var change = new FileChange(kind, Shown(path), IsDirectory: isDirectory);
        if (kind != FileChangeKind.Changed || Changes.Count == 0 || Changes[^1] != change) Changes.Add(change);
    }

    private byte[]? PathOf(InotifyEvent change) => _watched.TryGetValue(change.Watch, out var directory) ? FileNames.Join(directory, change.Name) : null;

    private string Shown(byte[] path) => _tree.PathOf(path.Length == 0 ? _start : FileNames.Join(_start, path));

    private static bool IsDirectory(InotifyEvent change) => (change.Mask & InotifyQueue.IsDirectory) != 0;

    // The path with its beginning replaced; null if it is not in that directory, nor the directory itself.
    private static byte[]? Rebase(byte[] path, byte[] from, byte[] to) =>
        path.AsSpan().SequenceEqual(from) ? to
        : path.Length > from.Length && path[from.Length] == '/' && path.AsSpan().StartsWith(from) ? [.. to, .. path.AsSpan(from.Length)]
        : null;
}
