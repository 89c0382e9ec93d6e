using Microsoft.Win32.SafeHandles;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files.Transfers;

/// <summary>The half of a copy that reads: a tree, or one file, as items.</summary>
/// <param name="calls">As whom.</param>
/// <param name="tally">Where what is left out is kept.</param>
/// <param name="keptBits">The mode bits that items have. A set-user-id bit would mean another user outside of the room than inside.</param>
internal sealed class TreeReader(FileCalls calls, TransferTally tally, int keptBits)
{
    private readonly Dictionary<(ulong Inode, ulong Device), byte[]> _first = [];

    /// <summary>An item's open file lives until the next item.</summary>
    /// <param name="start">A directory or a file.</param>
    /// <param name="name">The name of a file's item.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public IEnumerable<TreeItem> Read(FileNode start, byte[] name, CancellationToken cancellationToken)
    {
        if (!start.IsDirectory)
        {
            foreach (var item in ReadNode(start, name)) yield return item;
            yield break;
        }
        yield return Item([], TreeItemKind.Directory, start.Stat);
        foreach (var (below, node) in new TreeWalk(calls, tally.LeaveOut).Below(start, recursive: true, cancellationToken))
            foreach (var item in ReadNode(node, below)) yield return item;
    }

    // None or one.
    private IEnumerable<TreeItem> ReadNode(FileNode node, byte[] path)
    {
        if (node.IsDirectory) yield return Item(path, TreeItemKind.Directory, node.Stat);
        else if (node.IsLink) yield return Item(path, TreeItemKind.Link, node.Stat, node.LinkTarget());
        else if (!node.IsFile) tally.LeaveOut(path, $"is {FileFailure.Name(node.Stat)}");
        else if (_first.TryGetValue(Identity(node.Stat), out var first)) yield return Item(path, TreeItemKind.HardLink, node.Stat, first);
        else
        {
            using var content = node.TryReopen(Libc.O_RDONLY, out var errno);
            if (content is null)
            {
                tally.LeaveOut(path, $"cannot be read: {Libc.Describe(errno)}");
                yield break;
            }
            if (node.Stat.Links > 1) _first.Add(Identity(node.Stat), path);
            yield return Item(path, TreeItemKind.File, node.Stat, content: content);
        }
    }

    /// <summary>Reads one chunk of an item's content for a stream. What the room cuts off meanwhile is read as zeros and told: the size was announced.</summary>
    public static int Next(TreeItem item, SafeFileHandle content, Span<byte> buffer, long offset, TransferTally tally)
    {
        var wanted = (int)Math.Min(buffer.Length, item.Size - offset);
        if (wanted <= 0) return 0;
        var got = FileContent.Fill(content, buffer[..wanted], offset, HostDirectory.Show(item.Path));
        if (got < wanted)
        {
            buffer[got..wanted].Clear();
            TellShort(item, $"from byte {offset + got} on the copy is zeros", tally);
        }
        tally.AddBytes(wanted);
        return wanted;
    }

    /// <summary>Tells once of each item that it became shorter meanwhile.</summary>
    public static void TellShort(TreeItem item, string copy, TransferTally tally)
    {
        if (!item.IsShort) tally.TellChanged(item.Path, $"became shorter while it was read; {copy}");
        item.IsShort = true;
    }

    private TreeItem Item(byte[] path, TreeItemKind kind, Libc.Statx stat, byte[]? target = null, SafeFileHandle? content = null) =>
        new(path, kind, stat.Mode & keptBits, stat.Modified) { Target = target ?? [], Size = content is null ? 0 : (long)stat.Size, Content = content };

    private static (ulong, ulong) Identity(Libc.Statx stat) => (stat.Inode, ((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor);
}
