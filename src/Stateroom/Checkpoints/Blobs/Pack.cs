using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Stateroom.Checkpoints.Blobs;

/// <summary>A pack that can be read. It is opened when something of it is asked for.</summary>
/// <param name="path">Its path.</param>
internal sealed class Pack(string path) : IDisposable
{
    private readonly Lock _gate = new();
    private SafeFileHandle? _file;

    public string Path => path;

    /// <summary>Reads which blobs it has.</summary>
    /// <exception cref="FileNotFoundException">It is gone.</exception>
    /// <exception cref="CheckpointDamagedException">Its table is damaged.</exception>
    public List<(BlobId Id, BlobPlace Place)> ReadTable()
    {
        // Many packs are looked into and few read: the descriptor is not kept.
        using var file = Open();
        var length = RandomAccess.GetLength(file);
        Span<byte> trailer = stackalloc byte[PackFormat.TrailerSize];
        if (length < trailer.Length) throw Damaged("it is too short");
        Read(file, length - trailer.Length, trailer);
        if (!trailer[^PackFormat.Mark.Length..].SequenceEqual(PackFormat.Mark)) throw Damaged("it does not end as a pack does");
        var start = BinaryPrimitives.ReadInt64LittleEndian(trailer);
        var count = BinaryPrimitives.ReadInt32LittleEndian(trailer[8..]);
        if (count < 0 || start < 0 || start + ((long)count * PackFormat.EntrySize) != length - trailer.Length) throw Damaged("its table is not where it should be");
        var table = ArrayPool<byte>.Shared.Rent(count * PackFormat.EntrySize);
        try
        {
            var bytes = table.AsSpan(0, count * PackFormat.EntrySize);
            Read(file, start, bytes);
            if (BlobId.Of(bytes) != BlobId.Read(trailer[12..])) throw Damaged("its table does not match its checksum");
            var blobs = new List<(BlobId, BlobPlace)>(count);
            for (; bytes.Length > 0; bytes = bytes[PackFormat.EntrySize..])
            {
                var (id, offset, size) = PackFormat.ReadEntry(bytes);
                if (offset < 0 || size is < 0 or > PackFormat.MostBytes || offset + size > start) throw Damaged("an entry of its table points outside of it");
                blobs.Add((id, new BlobPlace(this, offset, size)));
            }
            return blobs;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(table);
        }
    }

    /// <summary>Reads a part of it, unverified.</summary>
    /// <exception cref="FileNotFoundException">It is gone.</exception>
    /// <exception cref="CheckpointDamagedException">It ends before that.</exception>
    public void Read(long offset, Span<byte> to)
    {
        SafeFileHandle file;
        lock (_gate) file = _file ??= Open();
        Read(file, offset, to);
    }

    public void Dispose() => _file?.Dispose();

    private SafeFileHandle Open() => File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    private void Read(SafeFileHandle file, long offset, Span<byte> to)
    {
        while (to.Length > 0)
        {
            var got = RandomAccess.Read(file, to, offset);
            if (got == 0) throw Damaged($"it is cut off at byte {offset}");
            to = to[got..];
            offset += got;
        }
    }

    private CheckpointDamagedException Damaged(string how) => new($"The pack '{path}' is damaged: {how}.");
}
