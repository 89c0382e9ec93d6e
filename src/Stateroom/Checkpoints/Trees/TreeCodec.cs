using System.Buffers;
using System.Buffers.Binary;
using Stateroom.Checkpoints.Blobs;

namespace Stateroom.Checkpoints.Trees;

/// <summary>The entries of a directory as the bytes of a blob: sorted by name, so that equal directories are equal blobs. Numbers are little-endian.</summary>
internal static class TreeCodec
{
    private const byte Version = 1, Sparse = 1;

    // Kind, flags, mode, seconds, nanoseconds, length of the name.
    private const int HeadSize = 1 + 1 + 2 + 8 + 4 + 2;

    private const int LongestName = 255, LongestTarget = 4096;

    /// <param name="entries">The entries, sorted by the bytes of their names.</param>
    public static byte[] Encode(IReadOnlyList<TreeEntry> entries)
    {
        var bytes = new ArrayBufferWriter<byte>(64 + (entries.Count * 96));
        bytes.Write([Version]);
        foreach (var entry in entries)
        {
            var head = bytes.GetSpan(HeadSize);
            head[0] = (byte)entry.Kind;
            head[1] = entry.IsSparse ? Sparse : (byte)0;
            BinaryPrimitives.WriteUInt16LittleEndian(head[2..], (ushort)entry.Mode);
            BinaryPrimitives.WriteInt64LittleEndian(head[4..], entry.Modified.Seconds);
            BinaryPrimitives.WriteUInt32LittleEndian(head[12..], entry.Modified.Nanoseconds);
            BinaryPrimitives.WriteUInt16LittleEndian(head[16..], (ushort)entry.Name.Length);
            bytes.Advance(HeadSize);
            bytes.Write(entry.Name);
            switch (entry.Kind)
            {
                case TreeEntryKind.File:
                    WriteNumber(bytes, entry.Size);
                    WriteNumber(bytes, (long)entry.LinkGroup);
                    WriteId(bytes, entry.Content);
                    break;
                case TreeEntryKind.Directory:
                    WriteNumber(bytes, entry.Size);
                    WriteNumber(bytes, entry.Files);
                    WriteId(bytes, entry.Content);
                    break;
                case TreeEntryKind.Link:
                    WriteNumber(bytes, entry.Target.Length);
                    bytes.Write(entry.Target);
                    break;
            }
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <exception cref="CheckpointDamagedException">They are no directory, or one that no file system has.</exception>
    public static List<TreeEntry> Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        if (reader.Take(1)[0] != Version) throw Damaged();
        var entries = new List<TreeEntry>();
        while (!reader.IsAtEnd)
        {
            var head = reader.Take(HeadSize);
            var kind = (TreeEntryKind)head[0];
            var name = reader.Take(BinaryPrimitives.ReadUInt16LittleEndian(head[16..])).ToArray();
            // A name from a file is written to disk again: none may lead elsewhere.
            if (name.Length is 0 or > LongestName || name.AsSpan().ContainsAny((byte)'/', (byte)0) || name.AsSpan().SequenceEqual("."u8) || name.AsSpan().SequenceEqual(".."u8)) throw Damaged();
            if (entries.Count > 0 && entries[^1].Name.AsSpan().SequenceCompareTo(name) >= 0) throw Damaged();
            var entry = new TreeEntry
            {
                Name = name,
                Kind = kind,
                Mode = BinaryPrimitives.ReadUInt16LittleEndian(head[2..]) & 0xFFF,
                Modified = new FileTime(BinaryPrimitives.ReadInt64LittleEndian(head[4..]), BinaryPrimitives.ReadUInt32LittleEndian(head[12..])),
                IsSparse = (head[1] & Sparse) != 0,
            };
            entries.Add(kind switch
            {
                TreeEntryKind.File => entry with { Size = reader.Number(), LinkGroup = (ulong)reader.Number(), Content = reader.Id() },
                TreeEntryKind.Directory => entry with { Size = reader.Number(), Files = reader.Number(), Content = reader.Id() },
                TreeEntryKind.Link => entry with { Target = Target(ref reader) },
                TreeEntryKind.Pipe => entry,
                _ => throw Damaged(),
            });
        }
        return entries;
    }

    private static byte[] Target(ref Reader reader) => reader.Number() is >= 1 and <= LongestTarget and var length ? reader.Take((int)length).ToArray() : throw Damaged();

    private static void WriteNumber(ArrayBufferWriter<byte> bytes, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(8), value);
        bytes.Advance(8);
    }

    private static void WriteId(ArrayBufferWriter<byte> bytes, BlobId id)
    {
        id.Write(bytes.GetSpan(BlobId.Size));
        bytes.Advance(BlobId.Size);
    }

    private static CheckpointDamagedException Damaged() => new("The entries of a directory cannot be read.");

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public ReadOnlySpan<byte> Take(int count)
        {
            if (count > _rest.Length) throw Damaged();
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(8)) is >= 0 and var number ? number : throw Damaged();

        public BlobId Id() => BlobId.Read(Take(BlobId.Size));
    }
}
