using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files.Transfers;

/// <summary>The host's side of copies: the path that the caller names is the caller's own affair, what lies below it is not followed anywhere.</summary>
internal static class HostCopies
{
    /// <summary>A file or directory of the host; a last link is followed.</summary>
    public static FileNode Find(string path)
    {
        var handle = Open(path, Libc.O_PATH, out var errno);
        var node = handle is null ? null : FileNode.Take(FileCalls.Own, handle, out errno);
        if (node is null) throw FileFailure.Of("Cannot copy", path, errno);
        if (node.IsDirectory || node.IsFile) return node;
        using (node) throw FileFailure.WrongType("Cannot copy", path, node.Stat);
    }

    /// <summary>The directory that a tree is copied into, made if there is none.</summary>
    public static (SafeFileHandle Top, bool IsNew) OpenDestination(string path)
    {
        var handle = Open(path, Libc.O_PATH | Libc.O_DIRECTORY, out var errno);
        if (handle is not null) return (handle, false);
        if (errno != Libc.ENOENT) throw FileFailure.Of("Cannot write into", path, errno);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SessionFileException(path, $"Cannot make directory '{path}' on the host: {failure.Message}");
        }
        return (Open(path, Libc.O_PATH | Libc.O_DIRECTORY, out errno) ?? throw FileFailure.Of("Cannot write into", path, errno), true);
    }

    public static void Copy(TreeReader reader, FileNode start, TreeWriter writer, CancellationToken cancellationToken)
    {
        var buffer = new byte[FileContent.ChunkBytes];
        foreach (var item in reader.Read(start, [], cancellationToken)) writer.Write(item, buffer, cancellationToken);
        writer.Complete();
    }

    /// <summary>One file of a room becomes one of the host, in one step. A link of that name is replaced, not followed.</summary>
    public static void CopyFileOut(TreeReader reader, FileNode start, string path, TransferTally tally, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var directoryPath = Path.GetDirectoryName(full) ?? throw new SessionFileException(path, $"Cannot write '{path}': it is a directory.");
        using var directory = Open(directoryPath, Libc.O_PATH | Libc.O_DIRECTORY, out var errno) ?? throw FileFailure.Of("Cannot write into", directoryPath, errno);
        foreach (var item in reader.Read(start, HostDirectory.Name(Path.GetFileName(full))[..^1], cancellationToken))
        {
            using var replacement = new FileReplacement(FileCalls.Own, directory, HostDirectory.Name(Path.GetFileName(full)), path);
            CopyContent(item, replacement, new byte[FileContent.ChunkBytes], tally, cancellationToken);
            tally.Count(TreeItemKind.File);
            replacement.Commit(item.Mode, item.Modified, replace: true);
            return;
        }
        throw new SessionFileException(path, $"Nothing was written to '{path}': '{tally.Result().LeftOut[0].Path}' {tally.Result().LeftOut[0].Reason}.");
    }

    /// <summary>Copies what is in a file, and leaves its holes holes.</summary>
    public static void CopyContent(TreeItem item, FileReplacement replacement, byte[] buffer, TransferTally tally, CancellationToken cancellationToken)
    {
        var (content, path) = (item.Content!, HostDirectory.Show(item.Path));
        long at = 0;
        while (at < item.Size)
        {
            var (start, end) = FileContent.NextData(content, at, item.Size);
            // A hole up to the end, which may have moved.
            if (start == item.Size) start = end = Math.Clamp(HostFile.Length(content, path), at, item.Size);
            replacement.Skip(start - at);
            tally.AddBytes(start - at);
            for (at = start; at < end;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var got = FileContent.Fill(content, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at, path);
                if (got == 0) break;
                Failpoint.Torn(HostFailpoint.CopyTorn, replacement.File, buffer.AsSpan(0, got));
                replacement.Write(buffer.AsSpan(0, got));
                tally.AddBytes(got);
                at += got;
            }
            if (at < end || start == end) break;
        }
        if (at < item.Size) TreeReader.TellShort(item, $"the copy ends at byte {at}", tally);
    }

    private static SafeFileHandle? Open(string path, int flags, out int errno)
    {
        int fd;
        do fd = Libc.open(path, flags | Libc.O_CLOEXEC, 0);
        while (fd < 0 && Libc.Errno == Libc.EINTR);
        errno = fd < 0 ? Libc.Errno : 0;
        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }
}
