using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Files;

/// <summary>A file, directory, link, ... held by a descriptor that opens nothing (O_PATH): what is asked of it afterwards is asked of the same one.</summary>
internal sealed class FileNode(FileCalls calls, SafeFileHandle handle, Libc.Statx stat) : IDisposable
{
    public SafeFileHandle Handle { get; } = handle;

    public Libc.Statx Stat { get; } = stat;

    public int Type => Stat.Mode & Libc.S_IFMT;

    public bool IsFile => Type == Libc.S_IFREG;

    public bool IsDirectory => Type == Libc.S_IFDIR;

    public bool IsLink => Type == Libc.S_IFLNK;

    public int Permissions => Stat.Mode & 0xFFF;

    /// <summary>Takes a descriptor; null with the errno, and the descriptor closed, if it cannot be looked at.</summary>
    public static FileNode? Take(FileCalls calls, SafeFileHandle handle, out int errno)
    {
        errno = calls.Stat(handle, [0], out var stat);
        if (errno == 0) return new FileNode(calls, handle, stat);
        handle.Dispose();
        return null;
    }

    /// <summary>Opens it; the caller has looked at its type.</summary>
    public SafeFileHandle? TryReopen(int flags, out int errno) => calls.Reopen(Handle, flags, out errno);

    public byte[] LinkTarget() => calls.ReadLink(Handle, out var target) == 0 ? target : [];

    public void Dispose() => Handle.Dispose();
}
