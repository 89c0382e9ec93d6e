using System.Runtime.InteropServices;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Native;

namespace Stateroom.Checkpoints.Trees;

/// <summary>
/// What the files of a workspace held when they were read last, by inode, so that those which have not changed since are not read again. A cache: without it, or
/// when it is damaged, everything is read.
/// </summary>
internal sealed class StatCache
{
    /// <summary>
    /// A file that was changed this shortly before it was read may be changed again within the same tick of the file system's clock, and look the same
    /// (inode(7); the coarsest tick of Linux is 10 ms, CONFIG_HZ=100). It is read again the next time.
    /// </summary>
    private const long RecentNanoseconds = 100_000_000;

    private static ReadOnlySpan<byte> Mark => "SRstat1\n"u8;

    private readonly Dictionary<ulong, Entry> _known;
    private readonly List<Entry> _next = [];
    private readonly ulong _device;

    private StatCache(ulong device, Dictionary<ulong, Entry> known) => (_device, _known) = (device, known);

    /// <summary>One that knows nothing.</summary>
    public static StatCache Empty(Libc.Statx root) => new(DeviceOf(root), []);

    /// <summary>Reads what was known.</summary>
    /// <param name="path">The file.</param>
    /// <param name="root">The workspace's directory: inodes say nothing about another file system.</param>
    public static StatCache Read(string path, Libc.Statx root)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty(root);
        }
        var head = Mark.Length + 8 + BlobId.Size;
        if (bytes.Length < head || !bytes.AsSpan().StartsWith(Mark) || (bytes.Length - head) % Marshal.SizeOf<Entry>() != 0
            || MemoryMarshal.Read<ulong>(bytes.AsSpan(Mark.Length)) != DeviceOf(root) || BlobId.Of(bytes.AsSpan(head)) != BlobId.Read(bytes.AsSpan(Mark.Length + 8)))
            return Empty(root);
        var entries = MemoryMarshal.Cast<byte, Entry>(bytes.AsSpan(head));
        var known = new Dictionary<ulong, Entry>(entries.Length);
        foreach (var entry in entries) known[entry.Inode] = entry;
        return new StatCache(DeviceOf(root), known);
    }

    /// <summary>What a file holds if nothing about it has changed since it was read.</summary>
    public bool TryGet(in Libc.Statx stat, out BlobId content)
    {
        if (!_known.TryGetValue(stat.Inode, out var entry) || entry.Size != stat.Size || entry.Changed != Nanoseconds(stat.Changed) || entry.Modified != Nanoseconds(stat.Modified))
        {
            content = default;
            return false;
        }
        content = entry.Content;
        _next.Add(entry);
        return true;
    }

    /// <summary>Keeps what a file held.</summary>
    /// <param name="stat">Its status before it was read, and after.</param>
    /// <param name="content">Its content.</param>
    /// <param name="readAt">When the reading began.</param>
    public void Keep(in Libc.Statx stat, BlobId content, DateTimeOffset readAt)
    {
        var changed = Nanoseconds(stat.Changed);
        if (changed > ((readAt - DateTimeOffset.UnixEpoch).Ticks * 100) - RecentNanoseconds) return;
        _next.Add(new Entry { Inode = stat.Inode, Size = stat.Size, Changed = changed, Modified = Nanoseconds(stat.Modified), Content = content });
    }

    /// <summary>Writes what has been seen since it was read. Not synced: after a power loss it is damaged at worst.</summary>
    public void Write(string path)
    {
        var entries = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_next));
        var bytes = GC.AllocateUninitializedArray<byte>(Mark.Length + 8 + BlobId.Size + entries.Length);
        Mark.CopyTo(bytes);
        MemoryMarshal.Write(bytes.AsSpan(Mark.Length), _device);
        BlobId.Of(entries).Write(bytes.AsSpan(Mark.Length + 8));
        entries.CopyTo(bytes.AsSpan(Mark.Length + 8 + BlobId.Size));
        var temporary = path + ".new";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }

    private static ulong DeviceOf(in Libc.Statx stat) => ((ulong)stat.DeviceMajor << 32) | stat.DeviceMinor;

    private static long Nanoseconds(Libc.StatxTime time) => (time.Seconds * 1_000_000_000) + time.Nanoseconds;

    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct Entry
    {
        public ulong Inode;
        public ulong Size;
        public long Changed;
        public long Modified;
        public BlobId Content;
    }
}
