using System.Buffers.Text;
using System.Text;
using Stateroom.Native;

namespace Stateroom.Files.Tar;

/// <summary>The records of a pax header that say something here: of one entry, or of all that follow.</summary>
internal sealed class TarRecords
{
    public byte[]? Path { get; set; }

    public byte[]? Target { get; set; }

    public long? Size { get; private set; }

    public Libc.StatxTime? Modified { get; private set; }

    public void Clear() => (Path, Target, Size, Modified) = (null, null, null, null);

    /// <summary>Reads "LENGTH key=value\n" records.</summary>
    /// <exception cref="ArchiveException">They are damaged, or need what this reader does not do.</exception>
    public void Read(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0 && data[0] != 0)
        {
            if (!Utf8Parser.TryParse(data, out int length, out var digits) || length <= digits || length > data.Length || data[digits] != ' ' || data[length - 1] != '\n')
                throw new ArchiveException("The tar stream is damaged: an extended header is not made of records.");
            var record = data[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0) throw new ArchiveException("The tar stream is damaged: a record of an extended header has no value.");
            Take(record[..equals], record[(equals + 1)..]);
            data = data[length..];
        }
    }

    private void Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8)) Path = value.ToArray();
        else if (key.SequenceEqual("linkpath"u8)) Target = value.ToArray();
        else if (key.SequenceEqual("size"u8)) Size = Utf8Parser.TryParse(value, out long size, out var used) && used == value.Length && size >= 0 ? size : throw Bad(key, value);
        else if (key.SequenceEqual("mtime"u8)) Modified = TarFormat.ReadTime(value) ?? throw Bad(key, value);
        else if (key.StartsWith("GNU.sparse."u8)) throw new ArchiveException("The tar stream has a file with holes ('GNU.sparse'), which is not read here. Make it without --sparse.");
    }

    private static ArchiveException Bad(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        new($"The tar stream is damaged: the record '{Encoding.ASCII.GetString(key)}' is '{Workspaces.HostDirectory.Show(value)}'.");
}
