using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Checkpoints.Blobs;

/// <summary>Writes a pack. Blobs come from several threads at once; nothing of it is there for others before <see cref="Finish"/>.</summary>
internal sealed class PackWriter : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly Dictionary<BlobId, (long Offset, int Length)> _blobs = [];
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _buffered;
    private long _written;
    private SafeFileHandle? _file;
    private string _temporary = "";

    /// <param name="directory">Where packs are.</param>
    public PackWriter(string directory) => _directory = directory;

    /// <summary>How many bytes of blobs there are so far.</summary>
    public long Bytes { get; private set; }

    public bool Contains(BlobId id)
    {
        lock (_gate) return _blobs.ContainsKey(id);
    }

    /// <summary>Adds a blob unless it is there.</summary>
    public void Add(BlobId id, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            if (!_blobs.TryAdd(id, (_written + _buffered, content.Length))) return;
            Bytes += content.Length;
            Append(content);
        }
    }

    /// <summary>Syncs the pack and gives it its name.</summary>
    /// <returns>The pack, and what is in it; null if nothing was added.</returns>
    public (Pack Pack, List<(BlobId Id, BlobPlace Place)> Blobs)? Finish()
    {
        if (_blobs.Count == 0) return null;
        var table = GC.AllocateUninitializedArray<byte>(_blobs.Count * PackFormat.EntrySize);
        var at = 0;
        foreach (var (id, (offset, length)) in _blobs)
        {
            PackFormat.WriteEntry(table.AsSpan(at), id, new BlobPlace(null!, offset, length));
            at += PackFormat.EntrySize;
        }
        Span<byte> trailer = stackalloc byte[PackFormat.TrailerSize];
        BinaryPrimitives.WriteInt64LittleEndian(trailer, _written + _buffered);
        BinaryPrimitives.WriteInt32LittleEndian(trailer[8..], _blobs.Count);
        BlobId.Of(table).Write(trailer[12..]);
        PackFormat.Mark.CopyTo(trailer[(12 + BlobId.Size)..]);
        Append(table);
        Append(trailer);
        Flush();
        RandomAccess.FlushToDisk(_file!);
        // Its own table names it: the same blobs in the same order are the same pack.
        var path = Path.Combine(_directory, Convert.ToHexStringLower(SHA256.HashData(trailer))[..32] + PackFormat.Extension);
        File.Move(_temporary, path, overwrite: true);
        HostFile.SyncDirectory(_directory);
        _file!.Dispose();
        _file = null;
        var pack = new Pack(path);
        return (pack, [.. _blobs.Select(blob => (blob.Key, new BlobPlace(pack, blob.Value.Offset, blob.Value.Length)))]);
    }

    /// <summary>Drops what was not finished.</summary>
    public void Dispose()
    {
        if (_file is null) return;
        _file.Dispose();
        _file = null;
        File.Delete(_temporary);
    }

    private void Append(ReadOnlySpan<byte> content)
    {
        if (content.Length >= BufferBytes)
        {
            Flush();
            Write(content);
            return;
        }
        if (content.Length > BufferBytes - _buffered) Flush();
        content.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += content.Length;
    }

    private void Flush()
    {
        Write(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
    }

    private void Write(ReadOnlySpan<byte> content)
    {
        if (_file is null)
        {
            _temporary = Path.Combine(_directory, BlobStore.TemporaryName());
            _file = File.OpenHandle(_temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        }
        RandomAccess.Write(_file, content, _written);
        _written += content.Length;
    }
}
