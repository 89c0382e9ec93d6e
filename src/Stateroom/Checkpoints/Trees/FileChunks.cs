using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Native;

namespace Stateroom.Checkpoints.Trees;

/// <summary>
/// A file's content as blobs: one, or for more than <see cref="Size"/> bytes a list of chunks of that size, so that a change in a large file costs the chunk it is in. A chunk
/// without a byte other than zero is no blob.
/// </summary>
internal static class FileChunks
{
    /// <summary>The bytes of a chunk; the last has what is left.</summary>
    public const int Size = 4 << 20;

    /// <summary>Reads a file to its end.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="buffer">At least <see cref="Size"/> bytes.</param>
    /// <param name="sink">Takes the blobs.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>What the file holds, and how many bytes that are.</returns>
    public static (BlobId Content, long Bytes) Read(SafeFileHandle file, byte[] buffer, IBlobSink sink, CancellationToken cancellationToken)
    {
        var first = Fill(file, buffer.AsSpan(0, Size), 0);
        if (first < Size) return (first == 0 ? default : Put(buffer.AsSpan(0, first), sink), first);
        var chunks = new List<BlobId>();
        var length = RandomAccess.GetLength(file);
        var bytes = 0L;
        var got = first;
        while (got > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var chunk = buffer.AsSpan(0, got);
            chunks.Add(chunk.ContainsAnyExcept((byte)0) ? Put(chunk, sink) : default);
            bytes += got;
            if (got < Size) break;
            // Holes are not read: a file of a few bytes may claim to be a terabyte.
            for (var data = NextData(file, bytes, length); data - bytes >= Size; bytes += Size) chunks.Add(default);
            got = Fill(file, buffer.AsSpan(0, Size), bytes);
        }
        if (chunks.Count == 1) return (chunks[0].IsNone ? Put(new byte[bytes], sink) : chunks[0], bytes);
        var list = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(chunks));
        return (Put(list, sink), bytes);
    }

    /// <summary>The chunks of a file.</summary>
    /// <param name="content">What it holds.</param>
    /// <param name="size">How many bytes that are.</param>
    /// <param name="blobs">Where lists of chunks are.</param>
    /// <exception cref="CheckpointDamagedException">The list is missing or damaged.</exception>
    public static BlobId[] Of(BlobId content, long size, BlobStore blobs)
    {
        if (size == 0) return [];
        if (size <= Size) return [content];
        var list = blobs.Read(content);
        if (list.Length != (size + Size - 1) / Size * BlobId.Size) throw new CheckpointDamagedException($"The list of chunks {content} does not fit a file of {size} bytes.");
        return MemoryMarshal.Cast<byte, BlobId>(list).ToArray();
    }

    private static BlobId Put(ReadOnlySpan<byte> content, IBlobSink sink)
    {
        var id = BlobId.Of(content);
        sink.Put(id, content);
        return id;
    }

    private static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer[filled..], offset + filled) is > 0 and var got) filled += got;
        return filled;
    }

    // lseek(2): ENXIO says that there is only a hole up to the end. A file system without holes says that there is data everywhere.
    private static long NextData(SafeFileHandle file, long offset, long length)
    {
        var data = Libc.lseek((int)file.DangerousGetHandle(), offset, Libc.SEEK_DATA);
        return data >= 0 ? data : Libc.Errno == Enxio ? length : offset;
    }

    private const int Enxio = 6;
}

/// <summary>Takes blobs.</summary>
internal interface IBlobSink
{
    /// <summary>Takes a blob; one that is there already is passed over.</summary>
    void Put(BlobId id, ReadOnlySpan<byte> content);
}
