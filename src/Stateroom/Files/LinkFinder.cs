using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files;

/// <summary>Says which link a path fails on. Only for the message: the kernel has refused the path already, and the tree may have changed since.</summary>
internal static class LinkFinder
{
    private const int MostLinks = 40;

    private sealed record Found(byte[] Link, byte[] Target, int Errno);

    public static PathRefusedException Refuse(FileTree tree, byte[] below) =>
        new(RoomPath.Show(tree.PathOf(below)), Find(tree, RoomPath.Split(below), 0) is { } found ? Reason(found, tree) : $"it leads out of '{tree.Name}'.");

    private static Found? Find(FileTree tree, List<byte[]> names, int depth)
    {
        for (var i = 0; i < names.Count && depth < MostLinks; i++)
        {
            var at = RoomPath.Combine(names[..(i + 1)]);
            using var handle = tree.Calls.OpenBeneath(tree.Root, FileTree.AsPath(at), Libc.O_PATH | Libc.O_NOFOLLOW, links: true, out _);
            if (handle is null) return null;
            using var through = tree.Calls.OpenBeneath(tree.Root, FileTree.AsPath(at), Libc.O_PATH, links: true, out var errno);
            if (through is not null || errno is not (Libc.EXDEV or Libc.ELOOP)) continue;
            if (tree.Calls.ReadLink(handle, out var target) != 0 || target.Length == 0) return null;
            var found = new Found(at, target, errno);
            // It may only lead to the link that is at fault.
            return target[0] == '/' || errno == Libc.ELOOP ? found : Find(tree, Plain([.. names[..i], .. RoomPath.Split(target)]), depth + 1) ?? found;
        }
        return null;
    }

    // Without "..", as far as that can be said from the names.
    private static List<byte[]> Plain(List<byte[]> names)
    {
        var plain = new List<byte[]>();
        foreach (var name in names)
        {
            if (!name.AsSpan().SequenceEqual(".."u8)) plain.Add(name);
            else if (plain.Count > 0) plain.RemoveAt(plain.Count - 1);
            else return [];
        }
        return plain;
    }

    private static string Reason(Found found, FileTree tree)
    {
        var says = $"the link '{RoomPath.Show(tree.PathOf(found.Link))}' points to '{HostDirectory.Show(found.Target)}', ";
        return found.Errno == Libc.ELOOP ? says + "and is one of too many, or of a circle."
            : found.Target[0] == '/' ? says + "an absolute path. Only relative links that stay in their tree are followed; 'exec' follows the others inside the room."
            : says + $"which leads out of '{tree.Name}'.";
    }
}
