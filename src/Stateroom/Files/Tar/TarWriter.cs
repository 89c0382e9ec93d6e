using System.Buffers;
using System.Globalization;
using System.Text;
using Stateroom.Files.Transfers;

namespace Stateroom.Files.Tar;

/// <summary>Writes items as a pax stream that any tar reads. Owners are left at 0: who unpacks owns what comes.</summary>
internal sealed class TarWriter(Stream stream, TransferTally tally)
{
    private readonly ArrayBufferWriter<byte> _head = new();
    private readonly byte[] _buffer = new byte[FileContent.ChunkBytes];

    public async Task WriteAsync(TreeItem item, CancellationToken cancellationToken)
    {
        _head.Clear();
        PutItem(item);
        await stream.WriteAsync(_head.WrittenMemory, cancellationToken).ConfigureAwait(false);
        if (item.Content is { } content)
        {
            long offset = 0;
            while (TreeReader.Next(item, content, _buffer, offset, tally) is var got and > 0)
            {
                await stream.WriteAsync(_buffer.AsMemory(0, got), cancellationToken).ConfigureAwait(false);
                offset += got;
            }
            await stream.WriteAsync(new byte[TarFormat.Padding(item.Size)], cancellationToken).ConfigureAwait(false);
        }
        tally.Count(item.Kind);
    }

    /// <summary>Two blocks of zeros end an archive.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync(new byte[2 * TarFormat.BlockBytes], cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private void PutItem(TreeItem item)
    {
        byte[] name = item.Kind != TreeItemKind.Directory ? item.Path : item.Path.Length == 0 ? "./"u8.ToArray() : [.. item.Path, (byte)'/'];
        var records = new ArrayBufferWriter<byte>();
        // Without this record names are said to be UTF-8; with it they are bytes.
        if (!System.Text.Unicode.Utf8.IsValid(name) || !System.Text.Unicode.Utf8.IsValid(item.Target)) PutRecord(records, "hdrcharset"u8, "BINARY"u8);
        if (NeedsRecord(name, TarFormat.Name.Length)) PutRecord(records, "path"u8, name);
        if (NeedsRecord(item.Target, TarFormat.Target.Length)) PutRecord(records, "linkpath"u8, item.Target);
        if (item.Modified.Nanoseconds != 0 || item.Modified.Seconds < 0 || item.Modified.Seconds >= 1L << 33) PutRecord(records, "mtime"u8, TarFormat.TimeText(item.Modified));
        if (item.Size >= 1L << 33) PutRecord(records, "size"u8, Digits(item.Size));
        if (records.WrittenCount > 0)
        {
            PutHeader("./PaxHeaders/records"u8, TarFormat.Records, 0x1A4 /* 0644 */, records.WrittenCount, item, []);
            _head.Write(records.WrittenSpan);
            PutZeros(TarFormat.Padding(records.WrittenCount));
        }
        var type = item.Kind switch
        {
            TreeItemKind.Directory => TarFormat.Directory,
            TreeItemKind.Link => TarFormat.Link,
            TreeItemKind.HardLink => TarFormat.HardLink,
            _ => TarFormat.File,
        };
        PutHeader(name, type, item.Mode, item.Size, item, item.Target);
    }

    private void PutHeader(ReadOnlySpan<byte> name, byte type, int mode, long size, TreeItem item, ReadOnlySpan<byte> target)
    {
        var header = _head.GetSpan(TarFormat.BlockBytes)[..TarFormat.BlockBytes];
        header.Clear();
        name[..Math.Min(name.Length, TarFormat.Name.Length)].CopyTo(header.Of(TarFormat.Name));
        TarFormat.TryPutOctal(header.Of(TarFormat.Mode), mode);
        TarFormat.TryPutOctal(header.Of(TarFormat.User), 0);
        TarFormat.TryPutOctal(header.Of(TarFormat.Group), 0);
        // What does not fit is in a record, which counts.
        TarFormat.TryPutOctal(header.Of(TarFormat.Size), size >= 1L << 33 ? 0 : size);
        TarFormat.TryPutOctal(header.Of(TarFormat.Modified), item.Modified.Seconds is >= 0 and < 1L << 33 ? item.Modified.Seconds : 0);
        header[TarFormat.Type.At] = type;
        target[..Math.Min(target.Length, TarFormat.Target.Length)].CopyTo(header.Of(TarFormat.Target));
        "ustar\0"u8.CopyTo(header.Of(TarFormat.Magic));
        "00"u8.CopyTo(header.Of(TarFormat.Version));
        // Six digits, a NUL and a blank.
        TarFormat.TryPutOctal(header.Of(TarFormat.Checksum)[..7], TarFormat.Sum(header));
        header[TarFormat.Checksum.At + 7] = (byte)' ';
        _head.Advance(TarFormat.BlockBytes);
    }

    private void PutZeros(int count)
    {
        _head.GetSpan(count)[..count].Clear();
        _head.Advance(count);
    }

    private static bool NeedsRecord(byte[] text, int room) => text.Length > room || text.AsSpan().ContainsAnyExceptInRange((byte)0x20, (byte)0x7e);

    // "LENGTH key=value\n", where the length counts itself.
    private static void PutRecord(ArrayBufferWriter<byte> records, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var rest = key.Length + value.Length + 3;
        var length = rest + Digits(rest).Length;
        if (Digits(length).Length > Digits(rest).Length) length++;
        records.Write(Digits(length));
        records.Write(" "u8);
        records.Write(key);
        records.Write("="u8);
        records.Write(value);
        records.Write("\n"u8);
    }

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
}
