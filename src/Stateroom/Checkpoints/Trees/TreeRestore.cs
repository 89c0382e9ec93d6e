using Microsoft.Win32.SafeHandles;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Files;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Checkpoints.Trees;

/// <summary>
/// Writes a tree into an empty directory that nobody else has a way to. Content is compared with its id as it is read; modes and times are set when nothing is written any more.
/// </summary>
/// <param name="blobs">Where the tree is.</param>
/// <param name="owner">Whom the files are to belong to; null for the caller.</param>
internal sealed unsafe class TreeRestore(BlobStore blobs, uint? owner)
{
    // Holes are left where a whole block of the file system has only zeros.
    private const int Block = 4096, OwnerMay = 0x1C0;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(FileChunks.Size);
    private readonly Dictionary<ulong, byte[]> _linked = [];
    private SafeFileHandle _top = new();
    private CancellationToken _cancellation;

    /// <exception cref="CheckpointDamagedException">Something of the tree is missing or damaged.</exception>
    public void Run(TreeEntry root, HostDirectory directory, CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken;
        using var top = OpenAt(directory.Fd, [(byte)'.', 0], Libc.O_RDONLY | Libc.O_DIRECTORY, 0, directory.Path);
        _top = top;
        Fill(root, top, []);
        Finish(root, top);
    }

    private void Fill(TreeEntry tree, SafeFileHandle directory, byte[] path)
    {
        _cancellation.ThrowIfCancellationRequested();
        foreach (var entry in TreeCodec.Decode(blobs.Read(tree.Content)))
        {
            var below = FileNames.Join(path, entry.Name);
            try
            {
                Make(entry, directory, FileNames.Terminated(entry.Name), below);
            }
            catch (CheckpointDamagedException e) when (e.Path is null)
            {
                throw new CheckpointDamagedException($"'{HostDirectory.Show(below)}' cannot be restored: {e.Message}") { Path = HostDirectory.Show(below) };
            }
        }
    }

    private void Make(TreeEntry entry, SafeFileHandle directory, byte[] name, byte[] path)
    {
        var fd = (int)directory.DangerousGetHandle();
        switch (entry.Kind)
        {
            case TreeEntryKind.Directory:
                Try(FileCalls.Own.MakeDirectory(directory, name, OwnerMay), "make", path);
                using (var child = OpenAt(fd, name, Libc.O_RDONLY | Libc.O_DIRECTORY, 0, HostDirectory.Show(path)))
                {
                    Fill(entry, child, path);
                    Finish(entry, child);
                }
                break;
            case TreeEntryKind.File when entry.LinkGroup != 0 && _linked.TryGetValue(entry.LinkGroup, out var first):
                Try(FileCalls.Own.MakeHardLink(_top, first, directory, name), "link", path);
                break;
            case TreeEntryKind.File:
                using (var file = OpenAt(fd, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, OwnerMay, HostDirectory.Show(path)))
                {
                    Write(entry, file);
                    Finish(entry, file);
                }
                if (entry.LinkGroup != 0) _linked[entry.LinkGroup] = FileNames.Terminated(path);
                break;
            case TreeEntryKind.Link:
                Try(FileCalls.Own.MakeLink(directory, name, FileNames.Terminated(entry.Target)), "make", path);
                FinishByName(entry, directory, name, path);
                break;
            case TreeEntryKind.Pipe:
                fixed (byte* n = name) Try(Libc.mknodat(fd, n, Libc.S_IFIFO | 0x180, 0) == 0 ? 0 : Libc.Errno, "make", path);
                FinishByName(entry, directory, name, path);
                break;
        }
    }

    private void Write(TreeEntry entry, SafeFileHandle file)
    {
        var offset = 0L;
        foreach (var chunk in FileChunks.Of(entry.Content, entry.Size, blobs))
        {
            _cancellation.ThrowIfCancellationRequested();
            var length = (int)Math.Min(FileChunks.Size, entry.Size - offset);
            if (!chunk.IsNone)
            {
                var got = blobs.Read(chunk, _buffer);
                if (got != length) throw new CheckpointDamagedException($"The blob {chunk} has {got} bytes where {length} belong.");
                if (entry.IsSparse) WriteData(file, _buffer.AsSpan(0, got), offset);
                else RandomAccess.Write(file, _buffer.AsSpan(0, got), offset);
            }
            offset += length;
        }
        // Zeros at the end are not written.
        if (entry.Size > 0) RandomAccess.SetLength(file, entry.Size);
    }

    private static void WriteData(SafeFileHandle file, ReadOnlySpan<byte> content, long offset)
    {
        for (var at = 0; at < content.Length;)
        {
            var end = at;
            while (end < content.Length && BlockAt(content, end).ContainsAnyExcept((byte)0)) end += BlockAt(content, end).Length;
            if (end > at) RandomAccess.Write(file, content[at..end], offset + at);
            at = end + (end < content.Length ? BlockAt(content, end).Length : 0);
        }
    }

    private static ReadOnlySpan<byte> BlockAt(ReadOnlySpan<byte> content, int at) => content.Slice(at, Math.Min(Block, content.Length - at));

    private void Finish(TreeEntry entry, SafeFileHandle node)
    {
        var fd = (int)node.DangerousGetHandle();
        // A change of owner takes the set-user-ID bits away (chown(2)), so the mode comes after it.
        if (owner is { } user && Libc.fchown(fd, user, user) != 0) throw Libc.Failure("Cannot give away", "a file", Libc.Errno);
        if (Libc.fchmod(fd, entry.Mode) != 0) throw Libc.Failure("Cannot set the mode of", HostDirectory.Show(entry.Name), Libc.Errno);
        var times = stackalloc Libc.TimeSpec[2];
        Times(entry, times);
        if (Libc.futimens(fd, times) != 0) throw Libc.Failure("Cannot set the time of", HostDirectory.Show(entry.Name), Libc.Errno);
    }

    private void FinishByName(TreeEntry entry, SafeFileHandle directory, byte[] name, byte[] path)
    {
        var fd = (int)directory.DangerousGetHandle();
        var times = stackalloc Libc.TimeSpec[2];
        Times(entry, times);
        fixed (byte* n = name)
        {
            if (owner is { } user) Try(Libc.fchownat(fd, n, user, user, Libc.AT_SYMLINK_NOFOLLOW) == 0 ? 0 : Libc.Errno, "give away", path);
            // Nobody else has a way here, so that the name is still the pipe's; the mode of a link counts for nothing.
            if (entry.Kind == TreeEntryKind.Pipe) Try(Libc.fchmodat(fd, n, entry.Mode, 0) == 0 ? 0 : Libc.Errno, "set the mode of", path);
            Try(Libc.system_call(Libc.SysUtimensat, fd, (nint)n, (nint)times, Libc.AT_SYMLINK_NOFOLLOW, 0) == 0 ? 0 : Libc.Errno, "set the time of", path);
        }
    }

    private static void Times(TreeEntry entry, Libc.TimeSpec* times)
    {
        times[0].Nanoseconds = Libc.UTIME_OMIT;
        times[1] = new Libc.TimeSpec { Seconds = entry.Modified.Seconds, Nanoseconds = entry.Modified.Nanoseconds };
    }

    private static SafeFileHandle OpenAt(int directory, byte[] name, int flags, int mode, string shown)
    {
        int fd;
        fixed (byte* n = name) fd = Libc.openat(directory, n, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, mode);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Libc.Failure("Cannot write", shown, Libc.Errno);
    }

    private static void Try(int errno, string what, byte[] path)
    {
        if (errno != 0) throw Libc.Failure($"Cannot {what}", HostDirectory.Show(path), errno);
    }
}
