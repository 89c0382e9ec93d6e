using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Files;

/// <summary>
/// A directory that nothing done through it leaves. Paths below it are resolved by the kernel (openat2(2) with RESOLVE_BENEATH); what is made, moved or removed
/// is named by a single name in a directory that is held open, so that links which others swap in meanwhile lead nowhere else.
/// </summary>
/// <param name="calls">As whom.</param>
/// <param name="root">The directory; owned from now on.</param>
/// <param name="name">What callers know it as, for messages and results.</param>
internal sealed class FileTree(FileCalls calls, SafeFileHandle root, string name) : IDisposable
{
    private const int MostLinks = 40; // As path_resolution(7).

    private const int Attempts = 100;

    public FileCalls Calls { get; } = calls;

    public SafeFileHandle Root { get; } = root;

    public string Name { get; } = name;

    /// <summary>Where temporary files are marked; null in a tree of no session.</summary>
    public UnfinishedFiles? Unfinished { get; init; }

    /// <summary>A path below as callers know it, fit to be given back.</summary>
    public string PathOf(ReadOnlySpan<byte> below) => below.Length == 0 ? Name : $"{Name.TrimEnd('/')}/{FileNames.ToText(below)}";

    /// <summary>Opens without opening (O_PATH). Null with ENOENT or ENOTDIR if it is not there.</summary>
    /// <exception cref="PathRefusedException">It leads out of the tree.</exception>
    public FileNode? TryFind(byte[] below, bool follow, string what)
    {
        var handle = Calls.OpenBeneath(Root, AsPath(below), Libc.O_PATH | (follow ? 0 : Libc.O_NOFOLLOW), links: true, out var errno);
        if (handle is not null && FileNode.Take(Calls, handle, out errno) is { } node) return node;
        return errno is Libc.ENOENT or Libc.ENOTDIR ? null : throw Failure(what, below, errno);
    }

    /// <exception cref="SessionFileNotFoundException">It is not there.</exception>
    public FileNode Find(byte[] below, bool follow, string what) => TryFind(below, follow, what) ?? throw Failure(what, below, Libc.ENOENT);

    /// <summary>The directory that a path's last name is in, and that name.</summary>
    /// <param name="below">The path.</param>
    /// <param name="make">True makes the directories that are not there.</param>
    /// <param name="what">For messages.</param>
    public (SafeFileHandle Directory, byte[] Name) OpenParent(byte[] below, bool make, string what)
    {
        var (parent, last) = Cut(below, what);
        if (make) return (OpenMade(parent, what), last);
        var directory = Calls.OpenBeneath(Root, AsPath(parent), Libc.O_PATH | Libc.O_DIRECTORY, links: true, out var errno);
        return (directory ?? throw Failure(what, below, errno), last);
    }

    /// <summary>As <see cref="OpenParent"/>, of what a last link points to: a write goes through a link that stays in the tree.</summary>
    public (SafeFileHandle Directory, byte[] Name, FileNode? There) OpenForWriting(byte[] below, string what)
    {
        var at = below;
        for (var links = 0; ; links++)
        {
            var (directory, last) = ThroughLinks(links);
            try
            {
                var there = TryChild(directory, last, out var errno);
                if (there is null && errno != Libc.ENOENT) throw Failure(what, below, errno);
                if (there is not { IsLink: true }) return (directory, last, there);
                using (there)
                {
                    var target = there.LinkTarget();
                    if (links == MostLinks) throw Failure(what, below, Libc.ELOOP);
                    if (target.Length == 0 || target[0] == '/') throw LinkFinder.Refuse(this, below);
                    at = FileNames.Join(Cut(at, what).Parent, target);
                }
            }
            catch
            {
                directory.Dispose();
                throw;
            }
            directory.Dispose();
        }

        (SafeFileHandle, byte[]) ThroughLinks(int links)
        {
            try
            {
                return OpenParent(at, make: true, what);
            }
            catch (PathRefusedException) when (links > 0)
            {
                // What is refused is where the caller's own path leads.
                throw LinkFinder.Refuse(this, below);
            }
        }
    }

    /// <summary>A name in a directory, without following it; null with its errno.</summary>
    public FileNode? TryChild(SafeFileHandle directory, byte[] name, out int errno)
    {
        var handle = Calls.Open(directory, name, Libc.O_PATH, 0, out errno);
        return handle is null ? null : FileNode.Take(Calls, handle, out errno);
    }

    /// <summary>Opens a directory and makes what is not there of the way to it.</summary>
    public SafeFileHandle OpenMade(byte[] below, string what, int mode = 0x1ED /* 0755 */)
    {
        for (var attempt = 0; ; attempt++)
        {
            var directory = Calls.OpenBeneath(Root, AsPath(below), Libc.O_PATH | Libc.O_DIRECTORY, links: true, out var errno);
            if (directory is not null) return directory;
            if (attempt == Attempts) throw new SessionFileException(RoomPath.Show(PathOf(below)), $"{what} '{RoomPath.Show(PathOf(below))}': something in the room keeps removing it.");
            if (errno == Libc.ENOTDIR) throw new SessionFileExistsException(RoomPath.Show(PathOf(below)));
            if (errno != Libc.ENOENT) throw Failure(what, below, errno);
            var (parent, last) = Cut(below, what);
            using var above = OpenMade(parent, what);
            errno = Calls.MakeDirectory(above, last, mode);
            // A link that leads nowhere is there and cannot be opened.
            if (errno == Libc.EEXIST && TryChild(above, last, out _) is { } there)
                using (there)
                    if (there.IsLink) throw new SessionFileExistsException(RoomPath.Show(PathOf(below)));
            if (errno is not (0 or Libc.EEXIST)) throw Failure(what, below, errno);
        }
    }

    public StateroomException Failure(string what, ReadOnlySpan<byte> below, int errno) =>
        errno is Libc.EXDEV or Libc.ELOOP ? LinkFinder.Refuse(this, below.ToArray()) : FileFailure.Of(what, PathOf(below), errno);

    public void Dispose() => Root.Dispose();

    /// <summary>The path as the kernel takes it.</summary>
    public static byte[] AsPath(ReadOnlySpan<byte> below) => below.Length == 0 ? [(byte)'.', 0] : FileNames.Terminated(below);

    // The last name stands for itself: ".." would name a directory by another way than its parent.
    private (byte[] Parent, byte[] Name) Cut(byte[] below, string what)
    {
        if (below.Length == 0) throw new SessionFileException(Name, $"{what} '{Name}': it is the tree itself.");
        var parts = RoomPath.Split(below);
        var last = parts[^1];
        if (last.AsSpan().SequenceEqual(".."u8)) throw new PathRefusedException(RoomPath.Show(PathOf(below)), "it ends with '..'. Give the file's own name.");
        parts.RemoveAt(parts.Count - 1);
        return (RoomPath.Combine(parts), FileNames.Terminated(last));
    }
}
