using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files.Transfers;

/// <summary>
/// The half of a copy that writes: items into a directory that nothing is written outside of. Directories on the way are opened beneath it without following any
/// link (openat2(2), RESOLVE_NO_SYMLINKS), and what is made gets a single name in one of them.
/// </summary>
/// <param name="calls">As whom.</param>
/// <param name="top">The directory; not owned.</param>
/// <param name="topIsNew">True if the transfer made it, so that it gets the mode and the time of the topmost item.</param>
/// <param name="keptBits">The mode bits that are set.</param>
/// <param name="tally">Counts.</param>
/// <param name="unfinished">Where a file is marked until it has its name, so that it goes if this process is killed; null for a directory of no session.</param>
internal sealed class TreeWriter(FileCalls calls, SafeFileHandle top, bool topIsNew, int keptBits, TransferTally tally, UnfinishedFiles? unfinished = null) : IDisposable
{
    private const int OwnerMay = 0x1C0, Attempts = 100; // 0700

    private readonly List<(byte[] Path, int Mode, Libc.StatxTime Modified)> _directories = [];
    private byte[] _parentPath = [];
    // What a file is called until it is whole: one name for all, since they come one after the other, and so one mark for each directory.
    private readonly string _temporary = FileReplacement.NewName();
    private SafeFileHandle? _parent;
    private UnfinishedFiles.Mark? _mark;

    /// <summary>Writes an item whose content, if it has any, is an open file.</summary>
    public void Write(TreeItem item, byte[] buffer, CancellationToken cancellationToken)
    {
        if (item.Content is null)
        {
            WriteEmpty(item);
            return;
        }
        using var file = CreateFile(item);
        HostCopies.CopyContent(item, file, buffer, tally, cancellationToken);
        FinishFile(item, file);
    }

    /// <summary>Writes a directory or a link.</summary>
    public void WriteEmpty(TreeItem item)
    {
        if (item.Kind == TreeItemKind.Directory) MakeDirectory(item);
        else if (item.Kind == TreeItemKind.Link) Place(item, (parent, name) => calls.MakeLink(parent, name, FileNames.Terminated(item.Target)));
        else MakeHardLink(item);
        if (item.Kind == TreeItemKind.Link)
        {
            var (parent, name) = ParentOf(item.Path);
            if (calls.SetModified(parent, name, item.Modified) is var errno and not (0 or Libc.ENOENT)) throw Failure("Cannot set the time of", item.Path, errno);
        }
        tally.Count(item.Kind);
    }

    /// <summary>Makes a file that takes its name, and the place of what is there, when it is finished.</summary>
    public FileReplacement CreateFile(TreeItem item)
    {
        var (parent, name) = ParentOf(item.Path);
        _mark ??= unfinished?.Begin(parent, _temporary, Shown(item));
        var file = new FileReplacement(calls, parent, name, Shown(item), _temporary);
        Failpoint.Hit(HostFailpoint.CopyCreated);
        return file;
    }

    public void FinishFile(TreeItem item, FileReplacement file)
    {
        var errno = file.TryCommit(item.Mode & keptBits, item.Modified, replace: true);
        if (errno == Libc.EISDIR) throw IsDirectory(item);
        if (errno != 0) throw Failure("Cannot replace", item.Path, errno);
        Failpoint.Hit(HostFailpoint.CopyFinished);
        tally.Count(TreeItemKind.File);
    }

    /// <summary>Gives directories their modes and times, which writing into them would have hindered and changed.</summary>
    public void Complete()
    {
        for (var i = _directories.Count - 1; i >= 0; i--)
        {
            var (path, mode, modified) = _directories[i];
            using var handle = calls.OpenBeneath(top, FileTree.AsPath(path), Libc.O_PATH | Libc.O_DIRECTORY, links: false, out var errno);
            if (handle is not null) errno = calls.SetModified(handle, [(byte)'.', 0], modified);
            if (handle is not null && errno == 0) errno = calls.SetMode(handle, mode);
            if (errno != 0) tally.TellChanged(path, $"has not got its mode and time: {Libc.Describe(errno)}");
        }
        _directories.Clear();
    }

    public void Dispose()
    {
        _mark?.Dispose();
        _parent?.Dispose();
    }

    private void MakeDirectory(TreeItem item)
    {
        if (item.Path.Length > 0)
        {
            var (parent, name) = ParentOf(item.Path);
            MakeDirectory(parent, name, item.Path);
        }
        if (item.Path.Length > 0 || topIsNew) _directories.Add((item.Path, item.Mode & keptBits, item.Modified));
    }

    private void MakeDirectory(SafeFileHandle parent, byte[] name, byte[] path)
    {
        var errno = calls.MakeDirectory(parent, name, 0x1ED /* 0755 */);
        if (errno is not (0 or Libc.EEXIST)) throw Failure("Cannot make", path, errno);
        var handle = calls.Open(parent, name, Libc.O_PATH, 0, out errno);
        using var node = handle is null ? null : FileNode.Take(calls, handle, out errno);
        if (node is null) throw Failure("Cannot make", path, errno);
        if (!node.IsDirectory) throw new ArchiveException($"'{HostDirectory.Show(path)}' cannot be written: {FileFailure.Name(node.Stat)} of that name is where a directory should be. Nothing is written through links.");
        if ((node.Permissions & OwnerMay) != OwnerMay && calls.SetMode(node.Handle, node.Permissions | OwnerMay) is var denied and not 0) throw Failure("Cannot open up", path, denied);
    }

    private void MakeHardLink(TreeItem item)
    {
        var (from, fromName) = Cut(item.Target);
        using var directory = OpenDirectory(from, item.Path) ?? throw new ArchiveException(
            $"'{HostDirectory.Show(item.Path)}' is a further name of '{HostDirectory.Show(item.Target)}', which is not in the archive before it.");
        Place(item, (parent, name) => calls.MakeHardLink(directory, fromName, parent, name));
    }

    // Makes something of a name. What has the name already goes, unless it is a directory.
    private void Place(TreeItem item, Func<SafeFileHandle, byte[], int> make)
    {
        var (parent, name) = ParentOf(item.Path);
        for (var attempt = 0; ; attempt++)
        {
            var errno = make(parent, name);
            if (errno == 0) return;
            if (errno == Libc.ENOENT && item.Kind == TreeItemKind.HardLink)
                throw new ArchiveException($"'{HostDirectory.Show(item.Path)}' is a further name of '{HostDirectory.Show(item.Target)}', which is not there.");
            if (errno != Libc.EEXIST || attempt == Attempts) throw Failure("Cannot write", item.Path, errno);
            errno = calls.Remove(parent, name, isDirectory: false);
            if (errno == Libc.EISDIR) throw IsDirectory(item);
            if (errno is not (0 or Libc.ENOENT)) throw Failure("Cannot replace", item.Path, errno);
        }
    }

    private static ArchiveException IsDirectory(TreeItem item) =>
        new($"'{HostDirectory.Show(item.Path)}' cannot be written: a directory of that name is there. Remove it first.");

    // Entries of one directory mostly come together: it stays open.
    private (SafeFileHandle Parent, byte[] Name) ParentOf(byte[] path)
    {
        var (parent, name) = Cut(path);
        if (_parent is not null && _parentPath.AsSpan().SequenceEqual(parent)) return (_parent, name);
        _mark?.Dispose();
        _mark = null;
        _parent?.Dispose();
        _parent = null;
        _parent = OpenDirectory(parent, path) ?? MakeWay(parent, path);
        _parentPath = parent;
        return (_parent, name);
    }

    // A stream need not have an entry for every directory.
    private SafeFileHandle MakeWay(byte[] path, byte[] item)
    {
        var (above, name) = Cut(path);
        using (var parent = OpenDirectory(above, item) ?? MakeWay(above, item)) MakeDirectory(parent, name, path);
        return OpenDirectory(path, item) ?? throw Failure("Cannot write", item, Libc.ENOENT);
    }

    private SafeFileHandle? OpenDirectory(byte[] path, byte[] item)
    {
        var handle = calls.OpenBeneath(top, FileTree.AsPath(path), Libc.O_PATH | Libc.O_DIRECTORY, links: false, out var errno);
        return handle is not null || errno == Libc.ENOENT ? handle : errno switch
        {
            Libc.ELOOP or Libc.EXDEV or Libc.ENOTDIR => throw new ArchiveException(
                $"'{HostDirectory.Show(item)}' would be written through '{HostDirectory.Show(path)}', which is no directory of the destination or leads out of it. Nothing is written through links."),
            _ => throw Failure("Cannot write", item, errno),
        };
    }

    private static (byte[] Parent, byte[] Name) Cut(byte[] path)
    {
        var slash = path.AsSpan().LastIndexOf((byte)'/');
        return (slash < 0 ? [] : path[..slash], FileNames.Terminated(path.AsSpan(slash + 1)));
    }

    private static string Shown(TreeItem item) => HostDirectory.Show(item.Path);

    private static StateroomException Failure(string what, byte[] path, int errno) => FileFailure.Of(what, HostDirectory.Show(path), errno);
}
