using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Files.Transfers;

internal enum TreeItemKind
{
    File,
    Directory,
    Link,

    /// <summary>A further name of a file that has come before.</summary>
    HardLink,
}

/// <summary>One entry of a tree on its way. What comes out of a tree goes into a tar stream or another tree in this form.</summary>
internal sealed class TreeItem(byte[] path, TreeItemKind kind, int mode, Libc.StatxTime modified)
{
    /// <summary>Below the start; empty for a topmost directory.</summary>
    public byte[] Path { get; } = path;

    public TreeItemKind Kind { get; } = kind;

    public int Mode { get; } = mode;

    public Libc.StatxTime Modified { get; } = modified;

    /// <summary>What a link says, or the path of the file that a hard link names.</summary>
    public byte[] Target { get; init; } = [];

    public long Size { get; init; }

    /// <summary>The open file, which belongs to whoever made the item. Null for all but files, and for a file whose content comes in a stream.</summary>
    public SafeFileHandle? Content { get; init; }

    /// <summary>True once it was told that less was read than there was.</summary>
    public bool IsShort { get; set; }
}
