using Microsoft.Win32.SafeHandles;
using Stateroom.Files.Tar;
using Stateroom.Files.Transfers;
using Stateroom.Workspaces;

namespace Stateroom.Files;

// Trees that come and go.
internal sealed partial class LocalFiles
{
    // What leaves a room belongs to somebody else, and must not run as that user.
    private const int AllBits = 0xFFF, BitsOutside = 0x3FF;

    public Task<FileTransfer> ReadArchiveAsync(string path, Stream destination, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return Task.Run(async () =>
        {
            var tally = new TransferTally(progress);
            var (tree, at) = Open(path);
            using (tree)
            using (var start = FindSource(tree, at))
            {
                var tar = new TarWriter(destination, tally);
                foreach (var item in new TreeReader(tree.Calls, tally, BitsOutside).Read(start, LastName(at.Below), cancellationToken))
                    await tar.WriteAsync(item, cancellationToken).ConfigureAwait(false);
                await tar.EndAsync(cancellationToken).ConfigureAwait(false);
            }
            return tally.Result();
        }, cancellationToken);
    }

    public Task<FileTransfer> WriteArchiveAsync(string path, Stream source, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Task.Run(async () =>
        {
            var tally = new TransferTally(progress);
            var (tree, at) = Open(path);
            using (tree)
            {
                var (top, isNew) = OpenDestination(tree, at);
                using (top)
                using (var writer = new TreeWriter(tree.Calls, top, isNew, AllBits, tally, tree.Unfinished))
                    await TarUnpacker.UnpackAsync(source, writer, tally, cancellationToken).ConfigureAwait(false);
            }
            return tally.Result();
        }, cancellationToken);
    }

    public Task<FileTransfer> CopyInAsync(string hostPath, string path, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        return Task.Run(async () =>
        {
            var tally = new TransferTally(progress);
            using var start = HostCopies.Find(hostPath);
            var (tree, at) = Open(path);
            using (tree)
            {
                if (!start.IsDirectory)
                {
                    await CopyFileAsync(tree, at, start, hostPath, tally, cancellationToken).ConfigureAwait(false);
                    return tally.Result();
                }
                var (top, isNew) = OpenDestination(tree, at);
                using (top)
                using (var writer = new TreeWriter(tree.Calls, top, isNew, AllBits, tally, tree.Unfinished))
                    HostCopies.Copy(new TreeReader(FileCalls.Own, tally, AllBits), start, writer, cancellationToken);
            }
            return tally.Result();
        }, cancellationToken);
    }

    public Task<FileTransfer> CopyOutAsync(string path, string hostPath, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        return Task.Run(() =>
        {
            var tally = new TransferTally(progress);
            var (tree, at) = Open(path);
            using (tree)
            using (var start = FindSource(tree, at))
            {
                var reader = new TreeReader(tree.Calls, tally, BitsOutside);
                if (start.IsDirectory)
                {
                    var (top, isNew) = HostCopies.OpenDestination(hostPath);
                    using (top)
                    using (var writer = new TreeWriter(FileCalls.Own, top, isNew, BitsOutside, tally))
                        HostCopies.Copy(reader, start, writer, cancellationToken);
                }
                else
                {
                    HostCopies.CopyFileOut(reader, start, hostPath, tally, cancellationToken);
                }
            }
            return tally.Result();
        }, cancellationToken);
    }

    private static async Task CopyFileAsync(FileTree tree, RoomPath at, FileNode start, string hostPath, TransferTally tally, CancellationToken cancellationToken)
    {
        foreach (var file in new TreeReader(FileCalls.Own, tally, AllBits).Read(start, HostDirectory.Name(Path.GetFileName(hostPath))[..^1], cancellationToken))
        {
            await ReplaceAsync(tree, at, new FileWriteOptions { Mode = (UnixFileMode)file.Mode }, file.Modified, replacement =>
            {
                HostCopies.CopyContent(file, replacement, new byte[FileContent.ChunkBytes], tally, cancellationToken);
                tally.Count(TreeItemKind.File);
                return Task.CompletedTask;
            }, cancellationToken).ConfigureAwait(false);
            return;
        }
        throw new SessionFileException(hostPath, $"'{hostPath}' {tally.Result().LeftOut[0].Reason}.");
    }

    private static FileNode FindSource(FileTree tree, RoomPath at)
    {
        const string what = "Cannot copy";
        var start = tree.Find(at.Below, follow: true, what);
        if (start.IsDirectory || start.IsFile) return start;
        using (start) throw FileFailure.WrongType(what, tree.PathOf(at.Below), start.Stat);
    }

    private static (SafeFileHandle Top, bool IsNew) OpenDestination(FileTree tree, RoomPath at)
    {
        const string what = "Cannot write into";
        using var there = tree.TryFind(at.Below, follow: true, what);
        if (there is { IsDirectory: false }) throw FileFailure.WrongType(what, tree.PathOf(at.Below), there.Stat);
        return (tree.OpenMade(at.Below, what), there is null);
    }

    private static byte[] LastName(byte[] below) => RoomPath.Split(below) is [.., var last] ? last : [];
}
