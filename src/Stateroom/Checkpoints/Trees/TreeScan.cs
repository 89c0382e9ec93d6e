using Microsoft.Win32.SafeHandles;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Files;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Checkpoints.Trees;

/// <summary>What a scan found.</summary>
/// <param name="Root">The workspace's directory itself; its name is empty.</param>
/// <param name="LeftOut">What a checkpoint does not hold, with the reason: sockets, devices, and what cannot be read.</param>
/// <param name="Changing">What was written while it was read, so that it may be half of one state and half of another.</param>
internal sealed record ScannedTree(TreeEntry Root, IReadOnlyList<string> LeftOut, IReadOnlyList<string> Changing);

/// <summary>
/// Reads a directory into blobs: every file that the cache does not know unchanged, and every directory. Goes by single names through descriptors and follows no link, so that what
/// a room does meanwhile changes what is found and never where it is looked for.
/// </summary>
/// <param name="cache">What is known of the files.</param>
/// <param name="sink">Takes the blobs.</param>
/// <param name="time">The clock of the host.</param>
internal sealed unsafe class TreeScan(StatCache cache, IBlobSink sink, TimeProvider time)
{
    // Each level costs a descriptor; what .NET opens beside them has room enough below the usual limit.
    private const int MostDepth = 512, Attempts = 3, LongestTarget = 4096, Enxio = 6;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(FileChunks.Size);
    private readonly List<string> _leftOut = [];
    private readonly List<string> _changing = [];
    private CancellationToken _cancellation;

    public ScannedTree Run(HostDirectory root, CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken;
        if (!TryStat(root.Fd, [0], out var stat)) throw Libc.Failure("Cannot look at", root.Path, Libc.ENOENT);
        return new ScannedTree(Directory(root, [], stat, [], 0), _leftOut, _changing);
    }

    private TreeEntry Directory(HostDirectory directory, byte[] name, in Libc.Statx stat, byte[] path, int depth)
    {
        _cancellation.ThrowIfCancellationRequested();
        var names = directory.Entries();
        names.Sort(static (left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        var entries = new List<TreeEntry>(names.Count);
        long files = 0, bytes = 0;
        foreach (var (child, _) in names)
        {
            if (Child(directory, child, path, depth) is not { } entry) continue;
            entries.Add(entry);
            bytes += entry.Size;
            files += entry.Kind == TreeEntryKind.Directory ? entry.Files : entry.Kind == TreeEntryKind.File ? 1 : 0;
        }
        var content = TreeCodec.Encode(entries);
        var id = BlobId.Of(content);
        sink.Put(id, content);
        return Entry(name, TreeEntryKind.Directory, stat) with { Content = id, Size = bytes, Files = files };
    }

    private TreeEntry? Child(HostDirectory parent, byte[] name, byte[] path, int depth)
    {
        // Gone since the directory was read is as if it had gone before.
        if (!TryStat(parent.Fd, name, out var stat)) return null;
        switch (stat.Mode & Libc.S_IFMT)
        {
            case Libc.S_IFREG: return File(parent, name, stat, path);
            case Libc.S_IFDIR: return Enter(parent, name, stat, path, depth);
            case Libc.S_IFLNK: return Link(parent, name, stat);
            case Libc.S_IFIFO: return Entry(name, TreeEntryKind.Pipe, stat);
            default:
                LeaveOut(path, name, (stat.Mode & Libc.S_IFMT) == Libc.S_IFSOCK ? "a socket lives only as long as its program" : "a device");
                return null;
        }
    }

    private TreeEntry? Enter(HostDirectory parent, byte[] name, in Libc.Statx stat, byte[] path, int depth)
    {
        var below = FileNames.Join(path, name.AsSpan(..^1));
        if (depth == MostDepth)
        {
            LeaveOut(path, name, $"it lies more than {MostDepth} directories deep");
            return null;
        }
        if (Open(parent.Fd, name, Libc.O_RDONLY | Libc.O_DIRECTORY, 0x140 /* r-x */, out var errno) is { } handle)
        {
            using var child = HostDirectory.Over(handle, HostDirectory.Show(below));
            return Directory(child, name, stat, below, depth + 1);
        }
        if (errno is not (Libc.ENOENT or Libc.ENOTDIR or Libc.ELOOP)) LeaveOut(path, name, Libc.Describe(errno));
        else _changing.Add(Show(path, name));
        return null;
    }

    private TreeEntry? File(HostDirectory parent, byte[] name, in Libc.Statx stat, byte[] path)
    {
        var entry = Entry(name, TreeEntryKind.File, stat) with { LinkGroup = stat.Links > 1 ? stat.Inode : 0 };
        if (cache.TryGet(stat, out var known)) return entry with { Content = known, Size = (long)stat.Size, IsSparse = IsSparse(stat) };
        using var file = Open(parent.Fd, name, Libc.O_RDONLY, 0x100 /* r-- */, out var errno);
        if (file is null)
        {
            if (errno is Libc.ENOENT or Libc.ELOOP or Enxio) _changing.Add(Show(path, name));
            else LeaveOut(path, name, Libc.Describe(errno));
            return null;
        }
        for (var attempt = 1; ; attempt++)
        {
            var readAt = time.GetUtcNow();
            if (!TryStat(Fd(file), [0], out var before) || !before.IsRegular)
            {
                _changing.Add(Show(path, name));
                return null;
            }
            var (content, bytes) = FileChunks.Read(file, _buffer, sink, _cancellation);
            var isStill = TryStat(Fd(file), [0], out var after) && IsSame(before, after) && bytes == (long)after.Size;
            if (!isStill && attempt < Attempts) continue;
            if (isStill) cache.Keep(after, content, readAt);
            else _changing.Add(Show(path, name));
            return Entry(name, TreeEntryKind.File, after) with { Content = content, Size = bytes, LinkGroup = entry.LinkGroup, IsSparse = IsSparse(after) };
        }
    }

    private TreeEntry? Link(HostDirectory parent, byte[] name, in Libc.Statx stat)
    {
        var target = stackalloc byte[LongestTarget];
        nint length;
        fixed (byte* n = name) length = Libc.system_call(Libc.SysReadlinkat, parent.Fd, (nint)n, (nint)target, LongestTarget, 0);
        return length <= 0 ? null : Entry(name, TreeEntryKind.Link, stat) with { Target = new ReadOnlySpan<byte>(target, (int)length).ToArray() };
    }

    /// <summary>Opens what a name stands for. What its mode keeps even its owner from is opened up for the moment: the mode is the file's, not ours.</summary>
    private static SafeFileHandle? Open(int parent, byte[] name, int flags, int bits, out int errno)
    {
        var handle = OpenAt(parent, name, flags, out errno);
        if (handle is not null || errno != Libc.EACCES) return handle;
        using var node = OpenAt(parent, name, Libc.O_PATH, out errno);
        if (node is null || !TryStat(Fd(node), [0], out var stat) || stat.Uid != Libc.geteuid()) return null;
        var calls = FileCalls.Own;
        errno = calls.SetMode(node, (stat.Mode & 0xFFF) | bits);
        if (errno != 0) return null;
        handle = calls.Reopen(node, flags, out errno);
        _ = calls.SetMode(node, stat.Mode & 0xFFF);
        return handle;
    }

    // Without waiting: a pipe that took the name in between would wait for a writer.
    private static SafeFileHandle? OpenAt(int parent, byte[] name, int flags, out int errno)
    {
        int fd;
        fixed (byte* n = name)
        {
            do fd = Libc.openat(parent, n, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK, 0);
            while (fd < 0 && Libc.Errno == Libc.EINTR);
        }
        errno = fd < 0 ? Libc.Errno : 0;
        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }

    private static TreeEntry Entry(byte[] name, TreeEntryKind kind, in Libc.Statx stat) => new()
    {
        Name = name.Length == 0 ? name : name[..^1],
        Kind = kind,
        Mode = stat.Mode & 0xFFF,
        Modified = new FileTime(stat.Modified.Seconds, stat.Modified.Nanoseconds),
    };

    private static bool IsSparse(in Libc.Statx stat) => stat.BytesOnDisk < (long)stat.Size;

    private static bool IsSame(in Libc.Statx one, in Libc.Statx other) =>
        one.Size == other.Size && Same(one.Changed, other.Changed) && Same(one.Modified, other.Modified);

    private static bool Same(Libc.StatxTime one, Libc.StatxTime other) => one.Seconds == other.Seconds && one.Nanoseconds == other.Nanoseconds;

    private static int Fd(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static bool TryStat(int directory, byte[] name, out Libc.Statx stat)
    {
        fixed (byte* n = name)
        fixed (Libc.Statx* s = &stat)
        {
            if (Libc.statx(directory, n, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, s) == 0) return true;
            var errno = Libc.Errno;
            return errno == Libc.ENOENT ? false : throw Libc.Failure("Cannot look at", HostDirectory.Show(name), errno);
        }
    }

    private void LeaveOut(byte[] path, byte[] name, string why) => _leftOut.Add($"{Show(path, name)}: {why}");

    private static string Show(byte[] path, byte[] name) => HostDirectory.Show(FileNames.Join(path, name.AsSpan(..^1)));
}
