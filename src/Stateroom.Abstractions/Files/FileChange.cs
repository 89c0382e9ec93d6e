namespace Stateroom;

/// <summary>What a watch tells.</summary>
public enum FileChangeKind
{
    /// <summary>The watch is in force: what happens from now on is told. Always the first event.</summary>
    Ready,

    /// <summary>A name has come: made, linked, or moved in from outside of what is watched.</summary>
    Created,

    /// <summary>Content, mode or times have changed. Told while a file is being written; several changes in a row are told once.</summary>
    Changed,

    /// <summary>A name has gone: removed, or moved out of what is watched.</summary>
    Removed,

    /// <summary>A name has become another one, with all that is beneath it.</summary>
    Renamed,

    /// <summary>More happened than the kernel keeps for a slow reader, or directories could not be watched: look at the tree anew. The watch goes on.</summary>
    Overflow,
}

/// <summary>One change in a watched tree.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Path">The absolute path in the room; of a rename the new one; of <see cref="FileChangeKind.Ready"/> and <see cref="FileChangeKind.Overflow"/> the
/// directory that this is about.</param>
/// <param name="OldPath">The earlier path of a rename; null for all others.</param>
/// <param name="IsDirectory">True if the name stands for a directory.</param>
public sealed record FileChange(FileChangeKind Kind, string Path, string? OldPath = null, bool IsDirectory = false);
