using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Sessions;
using Stateroom.Workspaces;

namespace Stateroom.Files;

/// <summary>
/// The temporary files that writers have in a session's trees, so that those of killed writers go. Beside the metadata lies a link for each, of its name and
/// with its directory as target; writers hold the directory of the links locked together, and whoever tidies it alone.
/// </summary>
/// <param name="paths">The session.</param>
internal sealed class UnfinishedFiles(SessionPaths paths)
{
    private const int Private = 0x1C0; // 0700

    private readonly string _marks = paths.Metadata + "/unfinished";

    /// <summary>Marks a file that is about to be made. Disposing takes the mark away: the file has gone, or has its own name.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">What it is for, for messages.</param>
    public Mark Begin(Microsoft.Win32.SafeHandles.SafeFileHandle directory, string name, string path)
    {
        HostFile.TryMakeDirectory(_marks, Private);
        var held = new HostDirectoryLock(_marks, Libc.LOCK_SH);
        try
        {
            var where = new FileInfo($"/proc/self/fd/{directory.DangerousGetHandle()}").LinkTarget ?? "";
            var errno = FileCalls.Own.MakeLink(held.Directory, HostDirectory.Name(name), FileNames.Terminated(System.Text.Encoding.UTF8.GetBytes(where)));
            if (errno != 0) throw FileFailure.Of("Cannot write", path, errno);
            return new Mark($"{_marks}/{name}", held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Removes what killed writers left. Does nothing while anybody writes: the next one does it.</summary>
    /// <param name="hostUid">The user that the session's files belong to; null is this one.</param>
    public void Tidy(uint? hostUid)
    {
        if (!Directory.Exists(_marks) || !Directory.EnumerateFileSystemEntries(_marks).Any()) return;
        using var alone = new HostDirectoryLock(_marks, Libc.LOCK_EX | Libc.LOCK_NB);
        if (!alone.IsHeld) return;
        var calls = FileCalls.As(hostUid);
        foreach (var mark in Directory.EnumerateFileSystemEntries(_marks))
        {
            var where = new FileInfo(mark).LinkTarget ?? "";
            foreach (var tree in (ReadOnlySpan<string>)[paths.Workspace, paths.Home])
                if (where == tree || where.StartsWith(tree + "/", StringComparison.Ordinal)) Remove(calls, tree, where[tree.Length..].TrimStart('/'), Path.GetFileName(mark));
            Failpoint.Hit(HostFailpoint.FileTidied);
            HostFile.Remove(mark);
        }
    }

    // The room may have moved the directory, or put a link in its place: then the file is the room's affair.
    private static void Remove(FileCalls calls, string tree, string below, string name)
    {
        using var root = HostFile.TryOpen(tree, Libc.O_PATH | Libc.O_DIRECTORY);
        if (root is null) return;
        using var directory = calls.OpenBeneath(root, FileTree.AsPath(System.Text.Encoding.UTF8.GetBytes(below)), Libc.O_PATH | Libc.O_DIRECTORY, links: false, out _);
        if (directory is not null) _ = calls.Remove(directory, HostDirectory.Name(name), isDirectory: false);
    }

    /// <summary>One file's mark.</summary>
    internal sealed class Mark(string path, IDisposable held) : IDisposable
    {
        public void Dispose()
        {
            HostFile.Remove(path);
            Failpoint.Hit(HostFailpoint.FileUnmarked);
            held.Dispose();
        }
    }
}
