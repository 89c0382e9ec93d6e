using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Files;

// What is in files.
internal sealed partial class LocalFiles
{
    private const int DefaultMode = 0x1A4, ModeBits = 0x3FF; // 0644; a write takes set-id bits away, as write(2) does.

    public Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        var (tree, at) = Open(path);
        using (tree)
        using (var file = OpenFile(tree, at))
        {
            var size = HostFile.Length(file, path);
            if (size > Array.MaxLength) throw new SessionFileException(RoomPath.Show(path), $"'{RoomPath.Show(path)}' has {size} bytes, too many to read at once. Open a stream on it.");
            return ReadUpTo(file, 0, (int)size, path, cancellationToken);
        }
    }, cancellationToken);

    public Task<byte[]> ReadRangeAsync(string path, long offset, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Task.Run(() =>
        {
            var (tree, at) = Open(path);
            using (tree)
            using (var file = OpenFile(tree, at))
                return ReadUpTo(file, offset, (int)Math.Clamp(HostFile.Length(file, path) - offset, 0, count), path, cancellationToken);
        }, cancellationToken);
    }

    public Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default) => Task.Run<Stream>(() =>
    {
        var (tree, at) = Open(path);
        using (tree) return new FileStream(OpenFile(tree, at), FileAccess.Read, bufferSize: 1, isAsync: false);
    }, cancellationToken);

    public Task WriteAsync(string path, ReadOnlyMemory<byte> content, FileWriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(path, options ?? FileWriteOptions.Default, async replacement =>
        {
            await Task.CompletedTask.ConfigureAwait(false);
            for (var rest = content; rest.Length > 0; rest = rest[Math.Min(rest.Length, FileContent.ChunkBytes)..])
            {
                cancellationToken.ThrowIfCancellationRequested();
                replacement.Write(rest.Span[..Math.Min(rest.Length, FileContent.ChunkBytes)]);
            }
        }, cancellationToken);

    public Task WriteAsync(string path, Stream content, FileWriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return WriteAsync(path, options ?? FileWriteOptions.Default, async replacement =>
        {
            var buffer = new byte[FileContent.ChunkBytes];
            while (await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var got and > 0) replacement.Write(buffer.AsSpan(0, got));
        }, cancellationToken);
    }

    public Task AppendAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        const string what = "Cannot append to";
        var (tree, at) = Open(path);
        using (tree)
        {
            // Made by one and removed by another meanwhile, it is looked for again.
            for (var attempt = 0; ; attempt++)
            {
                var (directory, name, there) = tree.OpenForWriting(at.Below, what);
                using (directory)
                using (there)
                {
                    if (there is { IsFile: false }) throw FileFailure.WrongType(what, tree.PathOf(at.Below), there.Stat);
                    int errno;
                    using var file = there is not null
                        ? there.TryReopen(Libc.O_WRONLY | Libc.O_APPEND, out errno)
                        : tree.Calls.Open(directory, name, Libc.O_WRONLY | Libc.O_APPEND | Libc.O_CREAT | Libc.O_EXCL, DefaultMode, out errno);
                    if (file is null && errno == Libc.EEXIST && attempt < Attempts) continue;
                    if (file is null) throw tree.Failure(what, at.Below, errno);
                    Failpoint.Torn(HostFailpoint.AppendTorn, file, content.Span);
                    FileContent.Write(file, content.Span, tree.PathOf(at.Below));
                    Failpoint.Hit(HostFailpoint.Appended);
                    return;
                }
            }
        }
    }, cancellationToken);

    private const int Attempts = 100;

    private Task WriteAsync(string path, FileWriteOptions options, Func<FileReplacement, Task> write, CancellationToken cancellationToken) => Task.Run(async () =>
    {
        var (tree, at) = Open(path);
        using (tree) await ReplaceAsync(tree, at, options, null, write, cancellationToken).ConfigureAwait(false);
    }, cancellationToken);

    private static async Task ReplaceAsync(
        FileTree tree, RoomPath at, FileWriteOptions options, Libc.StatxTime? modified, Func<FileReplacement, Task> write, CancellationToken cancellationToken)
    {
        const string what = "Cannot write";
        if (options.Mode is { } asked && ((int)asked & ~0xFFF) != 0) throw new ArgumentOutOfRangeException(nameof(options), asked, "A mode is 0000 to 07777.");
        var (directory, name, there) = options.CreateOnly ? NewPlace(tree, at, what) : tree.OpenForWriting(at.Below, what);
        using (directory)
        using (there)
        {
            if (there is { IsFile: false }) throw FileFailure.WrongType(what, tree.PathOf(at.Below), there.Stat);
            using var replacement = new FileReplacement(tree.Calls, directory, name, tree.PathOf(at.Below), tree.Unfinished);
            await write(replacement).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            replacement.Commit((int?)options.Mode ?? (there is null ? DefaultMode : there.Permissions & ModeBits), modified, replace: !options.CreateOnly);
        }
    }

    private static (SafeFileHandle Directory, byte[] Name, FileNode? There) NewPlace(FileTree tree, RoomPath at, string what)
    {
        var (directory, name) = tree.OpenParent(at.Below, make: true, what);
        using var there = tree.TryChild(directory, name, out _);
        if (there is null) return (directory, name, null);
        directory.Dispose();
        throw tree.Failure(what, at.Below, Libc.EEXIST);
    }

    private static byte[] ReadUpTo(SafeFileHandle file, long offset, int count, string path, CancellationToken cancellationToken)
    {
        var data = GC.AllocateUninitializedArray<byte>(count);
        var filled = 0;
        while (filled < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var got = FileContent.ReadAt(file, data.AsSpan(filled, Math.Min(count - filled, 4 * FileContent.ChunkBytes)), offset + filled, path);
            if (got == 0) break;
            filled += got;
        }
        return filled == count ? data : data[..filled];
    }
}
