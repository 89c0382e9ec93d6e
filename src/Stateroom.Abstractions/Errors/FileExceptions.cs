namespace Stateroom;

/// <summary>A file operation failed for a reason of the file system: a wrong type, missing permission, a full disk.</summary>
/// <param name="path">The path in the room, or on the host for that side of a copy.</param>
/// <param name="message">What failed on which path, why, and what to do.</param>
/// <param name="code">The stable code; <c>disk_full</c> if there was no space.</param>
public sealed class SessionFileException(string path, string message, string code = "file_failed") : StateroomException(code, message)
{
    /// <summary>The path.</summary>
    public string Path { get; } = path;
}

/// <summary>There is no file of that name.</summary>
/// <param name="path">The path.</param>
public sealed class SessionFileNotFoundException(string path) : StateroomException("file_not_found", $"'{path}' does not exist.")
{
    /// <summary>The path.</summary>
    public string Path { get; } = path;
}

/// <summary>Something of that name exists and was not to be replaced.</summary>
/// <param name="path">The path.</param>
public sealed class SessionFileExistsException(string path)
    : StateroomException("file_exists", $"'{path}' exists already. Choose another name, or allow it to be replaced.")
{
    /// <summary>The path.</summary>
    public string Path { get; } = path;
}

/// <summary>A path leads, or would lead, out of the session's two trees.</summary>
/// <param name="path">The path as it was given.</param>
/// <param name="reason">Why it is refused.</param>
public sealed class PathRefusedException(string path, string reason)
    : StateroomException("path_refused", $"'{path}' is refused: {reason}")
{
    /// <summary>The path as it was given.</summary>
    public string Path { get; } = path;
}

/// <summary>A tar stream is damaged, or an entry of it would be written outside of its destination. What came before that entry has been written.</summary>
/// <param name="message">Which entry, and why.</param>
public sealed class ArchiveException(string message) : StateroomException("archive_invalid", message);
