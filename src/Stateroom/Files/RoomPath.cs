using Stateroom.Workspaces;

namespace Stateroom.Files;

/// <summary>A path of a room, split into one of the two trees and the way below it. That the way stays there is for the kernel to see, not for this.</summary>
/// <param name="Text">As it was given.</param>
/// <param name="IsHome">True for the room's home, false for the workspace.</param>
/// <param name="Below">Names with single slashes between them and no NUL; empty for the tree itself. May contain <c>..</c>.</param>
internal sealed record RoomPath(string Text, bool IsHome, byte[] Below)
{
    public const string Workspace = "/workspace", Home = "/home/room";

    private const int LongestPath = 4000; // PATH_MAX is 4096 with the NUL, and the kernel puts nothing before it.

    public string Tree => IsHome ? Home : Workspace;

    /// <value>True if it asks for what a last link leads to, as path_resolution(7) has it.</value>
    public bool EndsAsDirectory => Text.EndsWith('/') || Text.EndsWith("/.", StringComparison.Ordinal);

    /// <exception cref="PathRefusedException">It is in neither tree, or no path at all.</exception>
    public static RoomPath Parse(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw new PathRefusedException(path, "it is empty. '.' is the workspace.");
        if (path.Contains('\0')) throw new PathRefusedException(path.Replace('\0', '?'), "it contains a NUL character.");
        var bytes = FileNames.TryToBytes(path)
            ?? throw new PathRefusedException(HostDirectory.Show(System.Text.Encoding.UTF8.GetBytes(path)), "it contains half of a character (a lone surrogate).");
        var parts = Split(bytes);
        var isHome = false;
        if (path[0] == '/')
        {
            isHome = parts.Count >= 2 && parts[0].AsSpan().SequenceEqual("home"u8) && parts[1].AsSpan().SequenceEqual("room"u8);
            if (!isHome && (parts.Count == 0 || !parts[0].AsSpan().SequenceEqual("workspace"u8)))
                throw new PathRefusedException(Show(path), "a session's files are below '/workspace' and '/home/room'. What is elsewhere in the room, 'exec' and 'run' reach.");
            parts.RemoveRange(0, isHome ? 2 : 1);
        }
        var below = Combine(parts);
        return below.Length <= LongestPath ? new RoomPath(path, isHome, below) : throw new PathRefusedException(Show(path)[..80] + "...", "it is longer than 4,000 bytes.");
    }

    /// <summary>The names of a path: empty ones and <c>.</c> mean nothing.</summary>
    public static List<byte[]> Split(ReadOnlySpan<byte> path)
    {
        var parts = new List<byte[]>();
        foreach (var range in path.Split((byte)'/'))
        {
            var part = path[range];
            if (part.Length > 0 && !part.SequenceEqual("."u8)) parts.Add(part.ToArray());
        }
        return parts;
    }

    public static byte[] Combine(IReadOnlyList<byte[]> parts)
    {
        var path = Array.Empty<byte>();
        foreach (var part in parts) path = FileNames.Join(path, part);
        return path;
    }

    public static string Show(string path) => FileNames.TryToBytes(path) is { } bytes ? HostDirectory.Show(bytes) : path;
}
