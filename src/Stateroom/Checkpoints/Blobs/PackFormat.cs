using System.Buffers.Binary;

namespace Stateroom.Checkpoints.Blobs;

/// <summary>
/// A pack: the blobs of one checkpoint one after the other, then a table of them, then a trailer that says where the table is. It is written once, synced, and gets its
/// name when it is whole. Numbers are little-endian.
/// </summary>
internal static class PackFormat
{
    public const string Extension = ".pack";

    /// <summary>The id, where the blob begins (8 bytes) and how long it is (4 bytes).</summary>
    public const int EntrySize = BlobId.Size + 12;

    /// <summary>Where the table begins (8), how many entries it has (4), its SHA-256, and the mark.</summary>
    public const int TrailerSize = 12 + BlobId.Size + 8;

    /// <summary>No blob is longer: content comes in chunks.</summary>
    public const int MostBytes = 1 << 30;

    public static ReadOnlySpan<byte> Mark => "SRpack1\n"u8;

    public static void WriteEntry(Span<byte> to, BlobId id, BlobPlace place)
    {
        id.Write(to);
        BinaryPrimitives.WriteInt64LittleEndian(to[BlobId.Size..], place.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(to[(BlobId.Size + 8)..], place.Length);
    }

    public static (BlobId Id, long Offset, int Length) ReadEntry(ReadOnlySpan<byte> from) =>
        (BlobId.Read(from), BinaryPrimitives.ReadInt64LittleEndian(from[BlobId.Size..]), BinaryPrimitives.ReadInt32LittleEndian(from[(BlobId.Size + 8)..]));
}

/// <summary>Where a blob lies.</summary>
/// <param name="Pack">The pack.</param>
/// <param name="Offset">Where in the pack it begins.</param>
/// <param name="Length">How many bytes it has.</param>
internal readonly record struct BlobPlace(Pack Pack, long Offset, int Length);
