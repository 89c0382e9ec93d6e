using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files;

/// <summary>What an errno of a file operation means to the caller.</summary>
internal static class FileFailure
{
    /// <param name="what">As in "Cannot read".</param>
    /// <param name="path">The path as callers know it.</param>
    /// <param name="errno">The errno.</param>
    public static StateroomException Of(string what, string path, int errno)
    {
        var shown = RoomPath.Show(path);
        return errno switch
        {
            Libc.ENOENT => new SessionFileNotFoundException(shown),
            Libc.EEXIST => new SessionFileExistsException(shown),
            Libc.EXDEV => new PathRefusedException(shown, "it leads out of the tree it begins in."),
            Libc.ELOOP => new PathRefusedException(shown, "a link in it is not followed here, or links lead in a circle."),
            _ => new SessionFileException(shown, $"{what} '{shown}': {Libc.Describe(errno)}.{Hint(errno)}",
                errno == Libc.ENOSPC ? "disk_full" : "file_failed"),
        };
    }

    public static SessionFileException WrongType(string what, string path, Libc.Statx stat) =>
        new(RoomPath.Show(path), $"{what} '{RoomPath.Show(path)}': it is {Name(stat)}.");

    public static string Name(Libc.Statx stat) => (stat.Mode & Libc.S_IFMT) switch
    {
        Libc.S_IFREG => "a file",
        Libc.S_IFDIR => "a directory",
        Libc.S_IFLNK => "a link",
        Libc.S_IFIFO => "a named pipe",
        Libc.S_IFSOCK => "a socket",
        _ => "a device",
    };

    private static string Hint(int errno) => errno switch
    {
        Libc.ENOSPC => " Free space on that file system and try again.",
        Libc.EACCES or Libc.EPERM => " The room's own user may not do this; its owner can change that with chmod or chown.",
        Libc.ENOTEMPTY => " Remove what is in it first.",
        _ => "",
    };

    public static string Display(ReadOnlySpan<byte> below) => HostDirectory.Show(below);
}
