namespace Stateroom;

/// <summary>Something that a copy or an archive left out, or could not take as it is.</summary>
/// <param name="Path">Its path below the start.</param>
/// <param name="Reason">What it is or what happened.</param>
/// <param name="IsCopied">True if it was taken all the same, though not as it is.</param>
public sealed record LeftOut(string Path, string Reason, bool IsCopied = false);

/// <summary>What a copy or an archive took.</summary>
/// <param name="Files">Regular files, each further name of a hard link included.</param>
/// <param name="Directories">Directories, the topmost included.</param>
/// <param name="Links">Symbolic links.</param>
/// <param name="Bytes">Bytes of file contents; what has several names counts once.</param>
/// <param name="LeftOut">Sockets, named pipes, devices, what could not be read, what changed while it was read: in the order of the tree.</param>
public sealed record FileTransfer(long Files, long Directories, long Links, long Bytes, IReadOnlyList<LeftOut> LeftOut);

/// <summary>How far a copy or an archive has come.</summary>
/// <param name="Entries">Files, directories and links so far.</param>
/// <param name="Bytes">Bytes of content so far.</param>
public readonly record struct FileProgress(long Entries, long Bytes);
