namespace Stateroom;

/// <summary>What a name in a session's tree stands for.</summary>
public enum SessionFileType
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link; never followed to tell its type.</summary>
    Link,

    /// <summary>A named pipe. The file API does not open it.</summary>
    Fifo,

    /// <summary>A Unix socket. The file API does not open it.</summary>
    Socket,

    /// <summary>A character or block device. The file API does not open it.</summary>
    Device,
}

/// <summary>One file, directory, link, ... of a session as it was at one moment. A link is told itself, not what it points to.</summary>
/// <param name="Path">The absolute path in the room. Bytes of a name that are not UTF-8 are told as in <see cref="ISessionFiles"/>.</param>
/// <param name="Type">What it is.</param>
/// <param name="Mode">Its permission bits, set-id and sticky bits included.</param>
/// <param name="Size">Bytes of content; of a link the length of its target. 0 for all but files and links.</param>
/// <param name="ModifiedAt">When the content changed last, UTC, in steps of 100 nanoseconds.</param>
/// <param name="LinkTarget">What a link says, unchanged; null for all others.</param>
public sealed record FileEntry(string Path, SessionFileType Type, UnixFileMode Mode, long Size, DateTimeOffset ModifiedAt, string? LinkTarget);

/// <summary>How a file is written.</summary>
public sealed record FileWriteOptions
{
    /// <summary>Replaces, and keeps the mode of what it replaces.</summary>
    public static FileWriteOptions Default { get; } = new();

    /// <summary>True fails if there is something of that name, a link that leads nowhere included.</summary>
    /// <value>Default false.</value>
    public bool CreateOnly { get; init; }

    /// <summary>The mode of the file.</summary>
    /// <value>0000 to 07777. Null, the default, keeps the mode of a file that is replaced, and is 0644 for a new one.</value>
    public UnixFileMode? Mode { get; init; }
}
