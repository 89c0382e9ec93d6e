using Stateroom.Checkpoints.Blobs;

namespace Stateroom.Checkpoints.Trees;

/// <summary>What an entry of a directory is.</summary>
internal enum TreeEntryKind : byte
{
    File = 1,
    Directory = 2,
    Link = 3,
    Pipe = 4,
}

/// <summary>One name in a directory, as a checkpoint keeps it. Owners are not kept: all of a workspace is its session's.</summary>
internal sealed record TreeEntry
{
    /// <summary>The name's bytes, without a NUL.</summary>
    public required byte[] Name { get; init; }

    public required TreeEntryKind Kind { get; init; }

    /// <summary>Permissions with the set-user-ID, set-group-ID and sticky bits; 12 bits.</summary>
    public int Mode { get; init; }

    /// <summary>When its content changed last; for a directory, when a name in it did.</summary>
    public FileTime Modified { get; init; }

    /// <summary>Of a file, its bytes; of a directory, those of all files beneath it.</summary>
    public long Size { get; init; }

    /// <summary>Of a directory, how many files are beneath it.</summary>
    public long Files { get; init; }

    /// <summary>Of a file, its bytes, or if there are more than <see cref="FileChunks.Size"/> the list of its chunks; none if it is empty. Of a directory, its entries.</summary>
    public BlobId Content { get; init; }

    /// <summary>Files with several names have a number in common that no other file has; 0 for one name.</summary>
    public ulong LinkGroup { get; init; }

    /// <summary>Whether it took less room than it has bytes, so that its zeros are left as holes.</summary>
    public bool IsSparse { get; init; }

    /// <summary>Of a link, where it points; empty otherwise.</summary>
    public byte[] Target { get; init; } = [];

    /// <summary>Whether two entries of one name are the same file, link, ... in all that is kept.</summary>
    public bool IsSame(TreeEntry other) =>
        Kind == other.Kind && Mode == other.Mode && Modified == other.Modified && Size == other.Size && Content == other.Content && LinkGroup == other.LinkGroup
        && Target.AsSpan().SequenceEqual(other.Target);
}

/// <summary>A time of the file system.</summary>
/// <param name="Seconds">Seconds since 1970-01-01 UTC; negative before.</param>
/// <param name="Nanoseconds">The rest, 0 to 999,999,999.</param>
internal readonly record struct FileTime(long Seconds, uint Nanoseconds);
