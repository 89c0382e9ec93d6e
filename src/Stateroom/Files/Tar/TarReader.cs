using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Files.Tar;

/// <summary>One entry of a tar stream, as it stands there: nothing in it has been checked but its form.</summary>
internal sealed record TarEntry(byte[] Path, byte Type, int Mode, long Size, Libc.StatxTime Modified, byte[] Target)
{
    /// <summary>Of a file with holes: where the pieces of its content belong, in their order. Null for any other.</summary>
    public IReadOnlyList<(long Offset, long Length)>? Pieces { get; init; }
}

/// <summary>Reads pax, GNU and ustar streams, one entry after the other.</summary>
internal sealed class TarReader(Stream stream)
{
    // What a header may make us hold in memory.
    private const int LongestHeader = 1 << 20, MostPieces = 1 << 20;

    private readonly byte[] _block = new byte[TarFormat.BlockBytes];
    private readonly TarRecords _global = new(), _next = new();
    private long _left, _padding;
    private bool _begun;

    /// <summary>The next entry, whatever was left unread of the last one; null at the end of the archive.</summary>
    /// <exception cref="ArchiveException">The stream is damaged or ends too early.</exception>
    public async Task<TarEntry?> NextAsync(CancellationToken cancellationToken)
    {
        await SkipAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
            _begun = true;
            if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                // The second block of zeros is part of the end; some leave it out.
                _ = await stream.ReadAtLeastAsync(_block, _block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                return null;
            }
            var (type, size) = CheckHeader();
            switch (type)
            {
                case TarFormat.GlobalRecords:
                    _global.Read(await ReadHeaderAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case TarFormat.Records:
                    _next.Read(await ReadHeaderAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case TarFormat.LongName:
                    _next.Path = Text(await ReadHeaderAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case TarFormat.LongTarget:
                    _next.Target = Text(await ReadHeaderAsync(size, cancellationToken).ConfigureAwait(false));
                    break;
                case TarFormat.GnuSparse:
                    var (pieces, whole) = (Pieces(TarFormat.SparseMap), Number(TarFormat.SparseSize, "size"));
                    var sparse = Entry(type, size);
                    for (var goesOn = _block[TarFormat.SparseGoesOn.At] != 0; goesOn; goesOn = _block[TarFormat.SparseMoreGoesOn.At] != 0)
                    {
                        await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
                        pieces.AddRange(Pieces(TarFormat.SparseMore));
                        if (pieces.Count > MostPieces) throw new ArchiveException($"The tar stream has more than {MostPieces} pieces of '{HostDirectory.Show(sparse.Path)}' between its holes.");
                    }
                    return CheckPieces(sparse with { Pieces = pieces }, whole);
                default:
                    return Entry(type, size);
            }
        }
    }

    /// <summary>Reads on in the content of the last entry; 0 at its end.</summary>
    public async Task<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_left == 0) return 0;
        var got = await stream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
        if (got == 0) throw Early();
        _left -= got;
        return got;
    }

    private TarEntry Entry(byte type, long size)
    {
        ReadOnlySpan<byte> header = _block;
        size = _next.Size ?? _global.Size ?? size;
        // Links have no content, whatever their size says; so have directories and devices.
        var hasContent = type is TarFormat.File or TarFormat.OldFile or TarFormat.Contiguous or TarFormat.GnuSparse or < (byte)'0' or > (byte)'7';
        if (!hasContent) size = 0;
        var path = _next.Path ?? _global.Path ?? Name(header);
        if (type == TarFormat.OldFile && path.Length > 0 && path[^1] == '/') type = TarFormat.Directory;
        var entry = new TarEntry(
            path, type, (int)(Number(TarFormat.Mode, "mode") & 0xFFF), size,
            _next.Modified ?? _global.Modified ?? new Libc.StatxTime { Seconds = Number(TarFormat.Modified, "time") },
            _next.Target ?? _global.Target ?? TarFormat.ReadText(header.Of(TarFormat.Target)).ToArray());
        _next.Clear();
        (_left, _padding) = (size, TarFormat.Padding(size));
        return entry;
    }

    private List<(long Offset, long Length)> Pieces((int At, int Length) map)
    {
        var pieces = new List<(long Offset, long Length)>();
        for (var at = map.At; at < map.At + map.Length && _block[at] != 0; at += TarFormat.SparsePiece)
            pieces.Add((Number((at, TarFormat.SparsePiece / 2), "map of holes"), Number((at + (TarFormat.SparsePiece / 2), TarFormat.SparsePiece / 2), "map of holes")));
        return pieces;
    }

    private static TarEntry CheckPieces(TarEntry entry, long size)
    {
        long at = 0, stored = 0;
        foreach (var (offset, length) in entry.Pieces!)
        {
            if (offset < at || length < 0 || length > size - offset) throw Damaged(entry);
            (at, stored) = (offset + length, stored + length);
        }
        return stored == entry.Size ? entry with { Size = size } : throw Damaged(entry);
    }

    private static ArchiveException Damaged(TarEntry entry) => new($"The tar stream is damaged: the map of the holes of '{HostDirectory.Show(entry.Path)}' does not fit its content.");

    private static byte[] Name(ReadOnlySpan<byte> header)
    {
        var name = TarFormat.ReadText(header.Of(TarFormat.Name));
        // GNU tar has other things where the prefix is.
        var prefix = header.Of(TarFormat.Magic).SequenceEqual("ustar\0"u8) ? TarFormat.ReadText(header.Of(TarFormat.Prefix)) : [];
        return prefix.Length == 0 ? name.ToArray() : [.. prefix, (byte)'/', .. name];
    }

    private (byte Type, long Size) CheckHeader()
    {
        ReadOnlySpan<byte> header = _block;
        if (TarFormat.ReadNumber(header.Of(TarFormat.Checksum)) != TarFormat.Sum(header))
            throw new ArchiveException(header[0] == 0x1f && header[1] == 0x8b
                ? "The stream is compressed with gzip. Unpack it first, as with 'gunzip -c'."
                : "The stream is not tar, is compressed, or is damaged: the checksum of a header is wrong.");
        var size = Number(TarFormat.Size, "size");
        return size >= 0 ? (header[TarFormat.Type.At], size) : throw new ArchiveException("The tar stream is damaged: a size is negative.");
    }

    private long Number((int At, int Length) field, string what) => TarFormat.ReadNumber(((ReadOnlySpan<byte>)_block).Of(field))
        ?? throw new ArchiveException($"The tar stream is damaged: the {what} of '{HostDirectory.Show(Name(_block))}' is not a number.");

    private static byte[] Text(byte[] data) => TarFormat.ReadText(data).ToArray();

    private async Task<byte[]> ReadHeaderAsync(long size, CancellationToken cancellationToken)
    {
        if (size > LongestHeader) throw new ArchiveException($"The tar stream has an extended header of {size} bytes; at most {LongestHeader} are read.");
        var data = new byte[size];
        await ReadAsync(data, cancellationToken).ConfigureAwait(false);
        _padding = TarFormat.Padding(size);
        await SkipAsync(cancellationToken).ConfigureAwait(false);
        return data;
    }

    private async Task SkipAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[_left + _padding == 0 ? 0 : 64 * 1024];
        for (var rest = _left + _padding; rest > 0;)
        {
            var got = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, rest)), cancellationToken).ConfigureAwait(false);
            if (got == 0) throw Early();
            rest -= got;
        }
        (_left, _padding) = (0, 0);
    }

    private async Task ReadBlockAsync(CancellationToken cancellationToken) => await ReadAsync(_block, cancellationToken).ConfigureAwait(false);

    private async Task ReadAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var got = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (got < buffer.Length) throw Early();
    }

    private ArchiveException Early() => new(_begun ? "The tar stream ends too early: something is missing of it." : "The stream is empty: an archive of nothing has two blocks of zeros.");
}
