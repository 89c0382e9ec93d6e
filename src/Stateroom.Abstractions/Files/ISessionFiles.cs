namespace Stateroom;

/// <summary>
/// The files of a session: its workspace, <c>/workspace</c> in the room, and the room's home, <c>/home/room</c>. Works whether the session is open or closed,
/// starts no process and counts as no command.
/// </summary>
/// <remarks>
/// <para>A path begins with <c>/workspace</c> or <c>/home/room</c>, or is relative to <c>/workspace</c>. Links are followed as long as they stay within their
/// tree; absolute ones and those that lead out of it are refused, since nothing outside belongs to the session. Named pipes, sockets and devices are never
/// opened. What is done here is done as the room's own user: what code in the room could not read or change, this cannot either.</para>
/// <para>Names on Linux are bytes. A byte 0xNN that is not part of UTF-8 text is the lone surrogate U+DCNN in a path, as Python's <c>surrogateescape</c> has it; such
/// a path can be given back, and means the same file. Names in messages show it as <c>\xNN</c>.</para>
/// <para>Errors of every member: <see cref="PathRefusedException"/> for a path or a link that leads elsewhere, <see cref="SessionFileNotFoundException"/> for what is not there,
/// <see cref="SessionFileException"/> for what the file system does not do, <see cref="SessionNotFoundException"/> for a session that was removed.</para>
/// </remarks>
public interface ISessionFiles
{
    /// <summary>Looks at a file. A last link is followed only if a slash is behind it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null if there is nothing of that name.</returns>
    Task<FileEntry?> StatAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Lists a directory, sorted by the bytes of the names, each directory before what is in it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="recursive">True lists everything below; links are not followed, and directories that cannot be read, or lie more than 200 deep, are told
    /// without what is in them.</param>
    /// <param name="cancellationToken">Stops the listing.</param>
    IAsyncEnumerable<FileEntry> ListAsync(string path, bool recursive = false, CancellationToken cancellationToken = default);

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file, of less than 2 GiB; use <see cref="OpenReadAsync"/> for larger ones.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Reads a part of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">The first byte, from 0.</param>
    /// <param name="count">How many bytes at most; 0 or more.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>Less than <paramref name="count"/> bytes if the file ends before.</returns>
    Task<byte[]> ReadRangeAsync(string path, long offset, int count, CancellationToken cancellationToken = default);

    /// <summary>Opens a file for reading. The stream can seek, and stays with that file when its name goes to another.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Writes a whole file; readers see the old content or the new one. Makes the directories above it. A link is followed: its target is written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">The new content.</param>
    /// <param name="options">Null means <see cref="FileWriteOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops the writing; the file stays as it was.</param>
    /// <exception cref="SessionFileExistsException">There is something, and <see cref="FileWriteOptions.CreateOnly"/> was asked for.</exception>
    Task WriteAsync(string path, ReadOnlyMemory<byte> content, FileWriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>As the other one, from a stream that is read to its end.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">The new content.</param>
    /// <param name="options">Null means <see cref="FileWriteOptions.Default"/>.</param>
    /// <param name="cancellationToken">Stops the writing; the file stays as it was.</param>
    /// <exception cref="SessionFileExistsException">There is something, and <see cref="FileWriteOptions.CreateOnly"/> was asked for.</exception>
    Task WriteAsync(string path, Stream content, FileWriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Adds to the end of a file (O_APPEND), which is made if there is none, with the directories above it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What to add.</param>
    /// <param name="cancellationToken">Cancels the call before it has begun to write.</param>
    Task AppendAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Makes a directory and those above it. Does nothing if there is one.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mode">Its mode if it is made; null means 0755 without the bits of the umask, or what the directory above gives by its access control list.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="SessionFileExistsException">There is something else of that name.</exception>
    Task CreateDirectoryAsync(string path, UnixFileMode? mode = null, CancellationToken cancellationToken = default);

    /// <summary>Moves or renames, within one of the two trees; links themselves are moved. Makes the directories above the new name.</summary>
    /// <param name="path">The earlier path.</param>
    /// <param name="newPath">The new path, with the last name: a directory there is not moved into.</param>
    /// <param name="overwrite">True replaces a file, a link or an empty directory in one step.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="SessionFileExistsException">There is something, and <paramref name="overwrite"/> is false.</exception>
    Task MoveAsync(string path, string newPath, bool overwrite = false, CancellationToken cancellationToken = default);

    /// <summary>Removes a file, a link itself, or a directory with everything in it. Does nothing if there is nothing of that name.</summary>
    /// <param name="path">What to remove; not one of the two trees itself.</param>
    /// <param name="recursive">Needed for a directory, also for an empty one.</param>
    /// <param name="cancellationToken">Stops a removal between two files.</param>
    Task RemoveAsync(string path, bool recursive = false, CancellationToken cancellationToken = default);

    /// <summary>Sets the mode of a file or directory; a link is followed.</summary>
    /// <param name="path">The path.</param>
    /// <param name="mode">0000 to 07777.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task SetModeAsync(string path, UnixFileMode mode, CancellationToken cancellationToken = default);

    /// <summary>Makes a symbolic link, and the directories above it.</summary>
    /// <param name="path">The link.</param>
    /// <param name="target">What it says, unchecked: it is the room that follows it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="SessionFileExistsException">There is something of that name.</exception>
    Task CreateLinkAsync(string path, string target, CancellationToken cancellationToken = default);

    /// <summary>Tells what changes below a directory, itself excluded, until it goes or the reading stops. The first event says that the watch is in force.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    IAsyncEnumerable<FileChange> WatchAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Searches names and contents below a path. Links are not followed. What cannot be read is told and skipped.</summary>
    /// <param name="path">A directory, or one file.</param>
    /// <param name="options">What to look for.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="ArgumentException">The options do not make sense together, or a pattern is not valid.</exception>
    IAsyncEnumerable<FileSearchHit> SearchAsync(string path, FileSearchOptions options, CancellationToken cancellationToken = default);

    /// <summary>Writes a tree, or one file, as one tar stream (POSIX pax): modes, symbolic and hard links, times to the nanosecond, empty directories.</summary>
    /// <param name="path">A directory, whose entries are named from <c>./</c> on, or a file, whose one entry has its name. A last link is followed.</param>
    /// <param name="destination">Where the stream goes; it stays open.</param>
    /// <param name="progress">Told now and then; null if nobody asks.</param>
    /// <param name="cancellationToken">Stops in the middle of the stream.</param>
    Task<FileTransfer> ReadArchiveAsync(string path, Stream destination, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Unpacks a tar stream (pax, GNU or ustar, not compressed) into a directory, which is made if there is none. Files that are there are replaced, directories merged.
    /// Owners in the stream are ignored: everything belongs to the room.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="source">The stream; read to the end of the archive.</param>
    /// <param name="progress">Told now and then; null if nobody asks.</param>
    /// <param name="cancellationToken">Stops; what has been unpacked stays.</param>
    /// <exception cref="ArchiveException">The stream is damaged, or an entry would be written outside of the directory or through a link.</exception>
    Task<FileTransfer> WriteArchiveAsync(string path, Stream source, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Copies a file or a tree of the host into the session, with modes, links, times and everything that <see cref="ReadArchiveAsync"/> keeps.</summary>
    /// <param name="hostPath">A file or a directory on the machine of the caller. A last link is followed, others are copied as links.</param>
    /// <param name="path">What the copy becomes; a directory that is there is merged with.</param>
    /// <param name="progress">Told now and then; null if nobody asks.</param>
    /// <param name="cancellationToken">Stops; what has been copied stays.</param>
    Task<FileTransfer> CopyInAsync(string hostPath, string path, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Copies a file or a tree of the session to the host. Everything there belongs to the caller; set-user-id and set-group-id bits are dropped. No link in the
    /// destination is written through, whoever put it there.</summary>
    /// <param name="path">A file or a directory. A last link is followed, others are copied as links.</param>
    /// <param name="hostPath">What the copy becomes on the machine of the caller; a directory that is there is merged with.</param>
    /// <param name="progress">Told now and then; null if nobody asks.</param>
    /// <param name="cancellationToken">Stops; what has been copied stays.</param>
    Task<FileTransfer> CopyOutAsync(string path, string hostPath, IProgress<FileProgress>? progress = null, CancellationToken cancellationToken = default);
}
