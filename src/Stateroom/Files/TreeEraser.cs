using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files;

/// <summary>
/// Removes a directory in a tree that a room may be changing at the same time. No link is followed: directories are emptied through their descriptors.
/// </summary>
internal sealed class TreeEraser(FileCalls calls, string path, CancellationToken cancellationToken)
{
    // Each level costs a descriptor and stack; what lies deeper is first moved up to the top.
    private const int MostDepth = 64, Attempts = 100, MostRounds = 10_000;

    private int _moved;

    /// <param name="parent">Where the directory is.</param>
    /// <param name="name">Its name.</param>
    public void Remove(SafeFileHandle parent, byte[] name)
    {
        for (int attempt = 0, round = 0; ; attempt++)
        {
            using (var top = Open(parent, name))
            {
                if (top is null) return;
                while (Empty(top, top, 0) && round < MostRounds) round++;
            }
            var errno = calls.Remove(parent, name, isDirectory: true);
            if (errno is 0 or Libc.ENOENT) return;
            // The room put something in meanwhile.
            if (errno != Libc.ENOTEMPTY || attempt == Attempts) throw FileFailure.Of("Cannot remove", path, errno);
        }
    }

    // True if something was moved up, which needs another round.
    private bool Empty(SafeFileHandle directory, SafeFileHandle top, int depth)
    {
        var again = false;
        foreach (var name in Names(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var errno = calls.Remove(directory, name, isDirectory: false);
            if (errno is 0 or Libc.ENOENT) continue;
            if (errno is not (Libc.EISDIR or Libc.EPERM)) throw Failure(name, errno);
            using (var child = Open(directory, name))
            {
                if (child is null) continue;
                if (depth >= MostDepth)
                {
                    MoveUp(directory, name, top);
                    again = true;
                    continue;
                }
                again |= Empty(child, top, depth + 1);
            }
            errno = calls.Remove(directory, name, isDirectory: true);
            // Something came in meanwhile: the attempt on the whole is repeated.
            if (errno is not (0 or Libc.ENOENT or Libc.ENOTEMPTY)) throw Failure(name, errno);
        }
        return again;
    }

    private SafeFileHandle? Open(SafeFileHandle directory, byte[] name)
    {
        var handle = calls.Open(directory, name, Libc.O_PATH, 0, out var errno);
        if (handle is null) return errno == Libc.ENOENT ? null : throw Failure(name, errno);
        using var node = FileNode.Take(calls, handle, out errno) ?? throw Failure(name, errno);
        if (!node.IsDirectory) throw Failure(name, Libc.EPERM);
        // Reading, searching and removing need rwx, which the owner may give itself.
        if ((node.Permissions & 0x1C0) != 0x1C0 && calls.SetMode(node.Handle, node.Permissions | 0x1C0) is var failed and not 0) throw Failure(name, failed);
        return calls.Open(node.Handle, [(byte)'.', 0], Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out errno) ?? throw Failure(name, errno);
    }

    private void MoveUp(SafeFileHandle directory, byte[] name, SafeFileHandle top)
    {
        while (true)
        {
            var errno = calls.Rename(directory, name, top, HostDirectory.Name($".stateroom-removed-{_moved++}"), replace: false);
            Failpoint.Hit(HostFailpoint.FileHoisted);
            if (errno is 0 or Libc.ENOENT) return;
            if (errno != Libc.EEXIST) throw Failure(name, errno);
        }
    }

    // The listing's own descriptor: one that is shared would go on where the last listing ended.
    private List<byte[]> Names(SafeFileHandle directory)
    {
        var handle = calls.Open(directory, [(byte)'.', 0], Libc.O_RDONLY | Libc.O_DIRECTORY, 0, out var errno) ?? throw FileFailure.Of("Cannot list", path, errno);
        using var listed = HostDirectory.Over(handle, path);
        return [.. listed.Entries().Select(entry => entry.Name)];
    }

    private SessionFileException Failure(byte[] name, int errno) => new(
        path, $"Cannot remove '{HostDirectory.Show(name)}' in '{path}': {Libc.Describe(errno)}. It may belong to another user of the host; chown gives it to the room.");
}
