using Microsoft.Win32.SafeHandles;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files;

/// <summary>Something that a walk came by. Its node lives until the walk goes on.</summary>
/// <param name="Below">The path below the start; empty for the start.</param>
/// <param name="Node">The thing itself.</param>
internal sealed record WalkItem(byte[] Below, FileNode Node);

/// <summary>
/// Goes through a tree, each directory before what is in it, sorted by the bytes of the names. Follows no link, opens nothing but directories, and holds
/// what it tells by descriptor: what the room does meanwhile changes what is found, never where it is looked for.
/// </summary>
/// <param name="calls">As whom.</param>
/// <param name="tell">Told what could not be gone into, and why.</param>
internal sealed class TreeWalk(FileCalls calls, Action<byte[], string> tell)
{
    // Each level costs a descriptor.
    private const int MostDepth = 200, LongestPath = 4000;

    /// <summary>Directories that are not gone into.</summary>
    public Predicate<byte[]>? Skip { get; init; }

    public IEnumerable<WalkItem> Below(FileNode start, bool recursive, CancellationToken cancellationToken)
    {
        var levels = new Stack<Level>();
        try
        {
            if (Enter(start, []) is { } top) levels.Push(top);
            while (levels.TryPeek(out var level))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (level.Next() is not { } name)
                {
                    levels.Pop().Dispose();
                    continue;
                }
                var below = FileNames.Join(level.Below, name.AsSpan(..^1));
                using var node = Look(level, name, below);
                if (node is null) continue;
                yield return new WalkItem(below, node);
                if (!recursive || !node.IsDirectory || Skip?.Invoke(below) == true) continue;
                if (levels.Count > MostDepth) tell(below, $"lies more than {MostDepth} directories deep; what is in it was left out");
                else if (Enter(node, below) is { } deeper) levels.Push(deeper);
            }
        }
        finally
        {
            foreach (var level in levels) level.Dispose();
        }
    }

    private FileNode? Look(Level level, byte[] name, byte[] below)
    {
        if (below.Length > LongestPath)
        {
            tell(below[..80], "its path is longer than 4,000 bytes");
            return null;
        }
        var handle = calls.Open(level.Handle, name, Libc.O_PATH, 0, out var errno);
        var node = handle is null ? null : FileNode.Take(calls, handle, out errno);
        // Gone since the directory was read is as if it had gone before.
        if (node is null && errno != Libc.ENOENT) tell(below, $"cannot be looked at: {Libc.Describe(errno)}");
        return node;
    }

    private Level? Enter(FileNode node, byte[] below)
    {
        var handle = calls.Open(node.Handle, [(byte)'.', 0], Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out var errno);
        if (handle is not null) return new Level(handle, below);
        if (errno != Libc.ENOENT) tell(below, $"cannot be read: {Libc.Describe(errno)}");
        return null;
    }

    private sealed class Level : IDisposable
    {
        private readonly HostDirectory _directory;
        private readonly List<byte[]> _names;
        private int _next;

        public Level(SafeFileHandle handle, byte[] below)
        {
            (Handle, Below) = (handle, below);
            _directory = HostDirectory.Over(handle, HostDirectory.Show(below));
            _names = [.. _directory.Entries().Select(entry => entry.Name)];
            _names.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
        }

        public SafeFileHandle Handle { get; }

        public byte[] Below { get; }

        public byte[]? Next() => _next < _names.Count ? _names[_next++] : null;

        public void Dispose() => _directory.Dispose();
    }
}
