using System.Text;
using Microsoft.Win32.SafeHandles;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Files;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Checkpoints.Trees;

/// <summary>
/// Makes a directory into what a tree says: an empty one, or one that is known to hold another tree, of which only what differs is written. Everything is done by single names
/// through descriptors, and no link is followed. Content is compared with its id as it is read, and takes its place when it is whole; modes and times are set when nothing is
/// written in a directory any more.
/// </summary>
/// <param name="blobs">Where the tree is.</param>
/// <param name="owner">Whom the files are to belong to; null for the caller.</param>
internal sealed unsafe class TreeWriter(BlobStore blobs, uint? owner)
{
    // Holes are left where a whole block of the file system has only zeros.
    private const int Block = 4096, OwnerMay = 0x1C0;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(FileChunks.Size);
    private readonly Dictionary<ulong, byte[]> _linked = [];
    private readonly byte[] _temporary = FileNames.Terminated(Encoding.UTF8.GetBytes(FileReplacement.NewName()));
    private SafeFileHandle _top = new();
    private Func<BlobId, List<TreeEntry>>? _readCurrent;
    private CancellationToken _cancellation;

    /// <summary>Fills an empty directory.</summary>
    /// <exception cref="CheckpointDamagedException">Something of the tree is missing or damaged.</exception>
    public void Fill(HostDirectory directory, TreeEntry target, CancellationToken cancellationToken) => Run(directory, null, target, cancellationToken);

    /// <summary>Changes a directory from one tree to another.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="current">What it holds.</param>
    /// <param name="readCurrent">Gives the entries of directories in that.</param>
    /// <param name="target">What it is to hold.</param>
    /// <param name="cancellationToken">Cancels, in between two files.</param>
    /// <exception cref="CheckpointDamagedException">Something of the tree is missing or damaged.</exception>
    public void Change(HostDirectory directory, TreeEntry current, Func<BlobId, List<TreeEntry>> readCurrent, TreeEntry target, CancellationToken cancellationToken)
    {
        _readCurrent = readCurrent;
        KeepLinks([], current, target);
        Run(directory, current, target, cancellationToken);
    }

    private void Run(HostDirectory directory, TreeEntry? current, TreeEntry target, CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken;
        using var top = OpenAt(directory.Fd, [(byte)'.', 0], Libc.O_RDONLY | Libc.O_DIRECTORY, 0, directory.Path);
        _top = top;
        Level(top, [], current, target);
        Finish(target, top);
    }

    private void Level(SafeFileHandle directory, byte[] path, TreeEntry? current, TreeEntry target)
    {
        _cancellation.ThrowIfCancellationRequested();
        if (current?.Content == target.Content) return;
        List<TreeEntry> there = current is null ? [] : _readCurrent!(current.Content), wanted = TreeCodec.Decode(blobs.Read(target.Content));
        for (int t = 0, w = 0; t < there.Count || w < wanted.Count;)
        {
            var order = t == there.Count ? 1 : w == wanted.Count ? -1 : there[t].Name.AsSpan().SequenceCompareTo(wanted[w].Name);
            var (old, entry) = (order <= 0 ? there[t++] : null, order >= 0 ? wanted[w++] : null);
            var (name, below) = (FileNames.Terminated((old ?? entry)!.Name), FileNames.Join(path, (old ?? entry)!.Name));
            try
            {
                One(directory, name, below, old, entry);
            }
            catch (CheckpointDamagedException e) when (e.Path is null)
            {
                throw new CheckpointDamagedException($"'{HostDirectory.Show(below)}' cannot be restored: {e.Message}") { Path = HostDirectory.Show(below) };
            }
        }
    }

    private void One(SafeFileHandle directory, byte[] name, byte[] path, TreeEntry? old, TreeEntry? entry)
    {
        if (entry is null)
        {
            Erase(directory, name, old!.Kind, path);
        }
        else if (old is { Kind: TreeEntryKind.Directory } && entry.Kind == TreeEntryKind.Directory)
        {
            if (old.Content == entry.Content && old.Mode == entry.Mode && old.Modified == entry.Modified) return;
            Directory(directory, name, path, old, entry);
        }
        else if (old is null || !old.IsSame(entry))
        {
            if (old is not null && (old.Kind == TreeEntryKind.Directory || entry.Kind == TreeEntryKind.Directory)) Erase(directory, name, old.Kind, path);
            if (entry.Kind != TreeEntryKind.Directory)
            {
                Place(directory, name, path, entry);
                return;
            }
            Try(FileCalls.Own.MakeDirectory(directory, name, OwnerMay), "make", path);
            Directory(directory, name, path, null, entry);
        }
    }

    private void Directory(SafeFileHandle parent, byte[] name, byte[] path, TreeEntry? old, TreeEntry entry)
    {
        // What its mode keeps even its owner from is opened up until its own mode is set in the end.
        if (old is not null && (old.Mode & OwnerMay) != OwnerMay)
        {
            using var node = OpenAt((int)parent.DangerousGetHandle(), name, Libc.O_PATH, 0, HostDirectory.Show(path));
            Try(FileCalls.Own.SetMode(node, old.Mode | OwnerMay), "open up", path);
        }
        using var directory = OpenAt((int)parent.DangerousGetHandle(), name, Libc.O_RDONLY | Libc.O_DIRECTORY, 0, HostDirectory.Show(path));
        Level(directory, path, old, entry);
        Finish(entry, directory);
    }

    // Made beside and renamed over what is there: whoever looks sees the old or the new.
    private void Place(SafeFileHandle directory, byte[] name, byte[] path, TreeEntry entry)
    {
        var fd = (int)directory.DangerousGetHandle();
        switch (entry.Kind)
        {
            case TreeEntryKind.File when entry.LinkGroup != 0 && _linked.TryGetValue(entry.LinkGroup, out var first):
                Try(FileCalls.Own.MakeHardLink(_top, first, directory, _temporary), "link", path);
                break;
            case TreeEntryKind.File:
                using (var file = OpenAt(fd, _temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, OwnerMay, HostDirectory.Show(path)))
                {
                    Write(entry, file);
                    Finish(entry, file);
                }
                if (entry.LinkGroup != 0) _linked[entry.LinkGroup] = FileNames.Terminated(path);
                break;
            case TreeEntryKind.Link:
                Try(FileCalls.Own.MakeLink(directory, _temporary, FileNames.Terminated(entry.Target)), "make", path);
                FinishByName(entry, directory, path);
                break;
            default:
                fixed (byte* n = _temporary) Try(Libc.mknodat(fd, n, Libc.S_IFIFO | 0x180, 0) == 0 ? 0 : Libc.Errno, "make", path);
                FinishByName(entry, directory, path);
                break;
        }
        Try(FileCalls.Own.Rename(directory, _temporary, directory, name, replace: true), "put in place", path);
        // Nothing happens when both are names of the same file (rename(2)).
        if (entry.LinkGroup != 0) _ = FileCalls.Own.Remove(directory, _temporary, isDirectory: false);
    }

    private void Erase(SafeFileHandle directory, byte[] name, TreeEntryKind kind, byte[] path)
    {
        if (kind == TreeEntryKind.Directory) new TreeEraser(FileCalls.Own, HostDirectory.Show(path), _cancellation).Remove(directory, name);
        else if (FileCalls.Own.Remove(directory, name, isDirectory: false) is var errno and not Libc.ENOENT) Try(errno, "remove", path);
    }

    // A further name is linked to one that stays as it is, if there is one.
    private void KeepLinks(byte[] path, TreeEntry current, TreeEntry target)
    {
        var there = _readCurrent!(current.Content).ToDictionary(entry => FileNames.ToText(entry.Name), StringComparer.Ordinal);
        foreach (var entry in TreeCodec.Decode(blobs.Read(target.Content)))
        {
            if (!there.TryGetValue(FileNames.ToText(entry.Name), out var old) || old.Kind != entry.Kind) continue;
            var below = FileNames.Join(path, entry.Name);
            if (entry.Kind == TreeEntryKind.Directory) KeepLinks(below, old, entry);
            else if (entry.LinkGroup != 0 && old.IsSame(entry)) _linked.TryAdd(entry.LinkGroup, FileNames.Terminated(below));
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

    private void FinishByName(TreeEntry entry, SafeFileHandle directory, byte[] path)
    {
        var fd = (int)directory.DangerousGetHandle();
        var times = stackalloc Libc.TimeSpec[2];
        Times(entry, times);
        using var node = OpenAt(fd, _temporary, Libc.O_PATH, 0, HostDirectory.Show(path));
        fixed (byte* n = _temporary)
        {
            if (owner is { } user) Try(Libc.fchownat(fd, n, user, user, Libc.AT_SYMLINK_NOFOLLOW) == 0 ? 0 : Libc.Errno, "give away", path);
            // The mode of a link counts for nothing.
            if (entry.Kind == TreeEntryKind.Pipe) Try(FileCalls.Own.SetMode(node, entry.Mode), "set the mode of", path);
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
