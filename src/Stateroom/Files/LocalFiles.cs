using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Files;

/// <summary>The files of a session on this host. Each part of this class holds one kind of operation.</summary>
/// <param name="services">The host's services.</param>
/// <param name="id">The session.</param>
/// <param name="generation">Which session of that id: a later one has other files.</param>
internal sealed partial class LocalFiles(LocalServices services, string id, long generation) : ISessionFiles
{
    public Task<FileEntry?> StatAsync(string path, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        var (tree, at) = Open(path);
        using (tree)
        using (var node = tree.TryFind(at.Below, at.EndsAsDirectory, "Cannot look at"))
            return node is null ? null : Entry(tree, at.Below, node);
    }, cancellationToken);

    public IAsyncEnumerable<FileEntry> ListAsync(string path, bool recursive = false, CancellationToken cancellationToken = default) =>
        Background.EnumerateAsync(stop => List(path, recursive, stop), cancellationToken);

    private IEnumerable<FileEntry> List(string path, bool recursive, CancellationToken cancellationToken)
    {
        var (tree, at) = Open(path);
        using (tree)
        {
            using var start = tree.Find(at.Below, follow: true, "Cannot list");
            if (!start.IsDirectory) throw FileFailure.WrongType("Cannot list", tree.PathOf(at.Below), start.Stat);
            // Below the start a directory that cannot be read is an entry all the same; the start has nothing else to tell.
            var walk = new TreeWalk(tree.Calls, (below, reason) =>
            {
                if (below.Length == 0) throw new SessionFileException(RoomPath.Show(path), $"'{RoomPath.Show(path)}' {reason}.");
            });
            foreach (var (below, node) in walk.Below(start, recursive, cancellationToken))
                yield return Entry(tree, FileNames.Join(at.Below, below), node);
        }
    }

    public Task CreateDirectoryAsync(string path, UnixFileMode? mode = null, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        const string what = "Cannot make directory";
        var (tree, at) = Open(path);
        using (tree)
        {
            using (var there = tree.TryFind(at.Below, follow: true, what))
                if (there is { IsDirectory: true }) return;
            var (directory, name) = tree.OpenParent(at.Below, make: true, what);
            using (directory)
            {
                var errno = tree.Calls.MakeDirectory(directory, name, (int)(mode ?? (UnixFileMode)0x1ED /* 0755 */));
                if (errno != 0) throw tree.Failure(what, at.Below, errno);
                Failpoint.Hit(HostFailpoint.FileDirectoryMade);
                if (mode is not { } exact) return;
                // The umask has taken bits away.
                using var made = tree.TryChild(directory, name, out errno);
                if (made is { IsDirectory: true }) errno = tree.Calls.SetMode(made.Handle, (int)exact);
                if (errno != 0) throw tree.Failure("Cannot set the mode of", at.Below, errno);
            }
        }
    }, cancellationToken);

    public Task MoveAsync(string path, string newPath, bool overwrite = false, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        const string what = "Cannot move";
        var (tree, source) = Open(path);
        using (tree)
        {
            var target = RoomPath.Parse(newPath);
            if (target.IsHome != source.IsHome)
                throw new PathRefusedException(RoomPath.Show(newPath), $"'{RoomPath.Show(path)}' is in another tree. Nothing is moved between '{RoomPath.Workspace}' and '{RoomPath.Home}': copy it and remove the original.");
            var (fromDirectory, fromName) = tree.OpenParent(source.Below, make: false, what);
            using (fromDirectory)
            {
                using (var there = tree.TryChild(fromDirectory, fromName, out var missing))
                    if (there is null) throw tree.Failure(what, source.Below, missing);
                var (toDirectory, toName) = tree.OpenParent(target.Below, make: true, what);
                using (toDirectory)
                {
                    var errno = tree.Calls.Rename(fromDirectory, fromName, toDirectory, toName, overwrite);
                    Failpoint.Hit(HostFailpoint.FileMoved);
                    if (errno == Libc.ENOENT) throw tree.Failure(what, source.Below, errno);
                    if (errno != 0) throw tree.Failure($"Cannot move '{RoomPath.Show(path)}' to", target.Below, errno);
                }
            }
        }
    }, cancellationToken);

    public Task RemoveAsync(string path, bool recursive = false, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        const string what = "Cannot remove";
        var (tree, at) = Open(path);
        using (tree)
        {
            if (at.Below.Length == 0) throw new SessionFileException(tree.Name, $"Cannot remove '{tree.Name}': it is the tree itself. Remove what is in it.");
            using (var there = tree.TryFind(at.Below, follow: false, what))
                if (there is null) return;
            var (directory, name) = tree.OpenParent(at.Below, make: false, what);
            using (directory)
            {
                var errno = tree.Calls.Remove(directory, name, isDirectory: false);
                Failpoint.Hit(HostFailpoint.FileRemoved);
                if (errno is 0 or Libc.ENOENT) return;
                if (errno != Libc.EISDIR) throw tree.Failure(what, at.Below, errno);
                if (!recursive) throw new SessionFileException(RoomPath.Show(path), $"Cannot remove '{RoomPath.Show(path)}': it is a directory. Say that it is to go with everything in it (recursive).");
                new TreeEraser(tree.Calls, RoomPath.Show(tree.PathOf(at.Below)), cancellationToken).Remove(directory, name);
            }
        }
    }, cancellationToken);

    public Task SetModeAsync(string path, UnixFileMode mode, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        var (tree, at) = Open(path);
        using (tree)
        using (var node = tree.Find(at.Below, follow: true, "Cannot set the mode of"))
        {
            var errno = tree.Calls.SetMode(node.Handle, (int)mode);
            Failpoint.Hit(HostFailpoint.FileModeSet);
            if (errno != 0) throw tree.Failure("Cannot set the mode of", at.Below, errno);
        }
    }, cancellationToken);

    public Task CreateLinkAsync(string path, string target, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        var says = FileNames.TryToBytes(target);
        if (says is null || says.Contains((byte)0)) throw new ArgumentException("The target has a NUL or half of a character in it.", nameof(target));
        var (tree, at) = Open(path);
        using (tree)
        {
            var (directory, name) = tree.OpenParent(at.Below, make: true, "Cannot make link");
            using (directory)
            {
                var errno = tree.Calls.MakeLink(directory, name, FileNames.Terminated(says));
                Failpoint.Hit(HostFailpoint.FileLinked);
                if (errno != 0) throw tree.Failure("Cannot make link", at.Below, errno);
            }
        }
    }, cancellationToken);

    private (FileTree Tree, RoomPath At) Open(string path)
    {
        var at = RoomPath.Parse(path);
        var record = services.Store.Read(id);
        if (record.Generation != generation) throw new SessionNotFoundException(id);
        var paths = services.Layout.Session(id);
        var root = HostFile.TryOpen(at.IsHome ? paths.Home : paths.Workspace, Libc.O_PATH | Libc.O_DIRECTORY)
            ?? throw new SessionFileException(at.Tree, $"'{at.Tree}' of session '{id}' was removed by hand. Open or restore the session, which makes it anew.");
        return (new FileTree(FileCalls.As(record.HostUid), root, at.Tree) { Unfinished = new UnfinishedFiles(paths) }, at);
    }

    private static FileEntry Entry(FileTree tree, byte[] below, FileNode node) => new(
        tree.PathOf(below),
        node.Type switch
        {
            Libc.S_IFREG => SessionFileType.File,
            Libc.S_IFDIR => SessionFileType.Directory,
            Libc.S_IFLNK => SessionFileType.Link,
            Libc.S_IFIFO => SessionFileType.Fifo,
            Libc.S_IFSOCK => SessionFileType.Socket,
            _ => SessionFileType.Device,
        },
        (UnixFileMode)node.Permissions,
        node.IsFile || node.IsLink ? (long)node.Stat.Size : 0,
        Time(node.Stat.Modified),
        node.IsLink ? FileNames.ToText(node.LinkTarget()) : null);

    // The room sets times as it likes; those that DateTimeOffset cannot say become the nearest that it can.
    private static DateTimeOffset Time(Libc.StatxTime time) =>
        time.Seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() ? DateTimeOffset.MinValue
        : time.Seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.MaxValue
        : DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddTicks(time.Nanoseconds / 100);

    /// <summary>A regular file, opened for reading; nothing else is ever opened.</summary>
    private static SafeFileHandle OpenFile(FileTree tree, RoomPath at)
    {
        const string what = "Cannot read";
        using var node = tree.Find(at.Below, follow: true, what);
        if (!node.IsFile) throw FileFailure.WrongType(what, tree.PathOf(at.Below), node.Stat);
        return node.TryReopen(Libc.O_RDONLY, out var errno) ?? throw tree.Failure(what, at.Below, errno);
    }
}
