using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Stateroom.Native;

namespace Stateroom.Files.Tar;

/// <summary>
/// The fields of a tar header (pax, POSIX.1-2008). Own code, since System.Formats.Tar takes names for UTF-8 and times in steps of 100 nanoseconds: names that are not
/// text and exact times would not survive it.
/// </summary>
internal static class TarFormat
{
    public const int BlockBytes = 512;

    public const byte File = (byte)'0', OldFile = 0, HardLink = (byte)'1', Link = (byte)'2', CharacterDevice = (byte)'3', BlockDevice = (byte)'4', Directory = (byte)'5',
        Fifo = (byte)'6', Contiguous = (byte)'7', GlobalRecords = (byte)'g', Records = (byte)'x', LongName = (byte)'L', LongTarget = (byte)'K', GnuSparse = (byte)'S';

    /// <summary>Offset and length.</summary>
    public static readonly (int At, int Length) Name = (0, 100), Mode = (100, 8), User = (108, 8), Group = (116, 8), Size = (124, 12), Modified = (136, 12),
        Checksum = (148, 8), SparseMap = (386, 96), SparseGoesOn = (482, 1), SparseSize = (483, 12), SparseMore = (0, 504), SparseMoreGoesOn = (504, 1), Type = (156, 1), Target = (157, 100), Magic = (257, 6), Version = (263, 2), Prefix = (345, 155);

    /// <summary>Bytes of one piece in a map of pieces: where it lies in the file, and how long it is.</summary>
    public const int SparsePiece = 24;

    public static Span<byte> Of(this Span<byte> header, (int At, int Length) field) => header.Slice(field.At, field.Length);

    public static ReadOnlySpan<byte> Of(this ReadOnlySpan<byte> header, (int At, int Length) field) => header.Slice(field.At, field.Length);

    public static int Padding(long size) => (int)((BlockBytes - (size % BlockBytes)) % BlockBytes);

    /// <summary>The sum of all bytes, those of the sum itself taken as blanks.</summary>
    public static int Sum(ReadOnlySpan<byte> header)
    {
        var sum = Checksum.Length * ' ';
        for (var i = 0; i < BlockBytes; i++)
            if (i < Checksum.At || i >= Checksum.At + Checksum.Length) sum += header[i];
        return sum;
    }

    /// <summary>Octal digits and a NUL; false if the number does not fit.</summary>
    public static bool TryPutOctal(Span<byte> field, long number)
    {
        field.Clear();
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (number & 7));
            number >>= 3;
        }
        return number == 0;
    }

    /// <summary>Octal text, or, if the first bit is set, the number itself (as GNU tar writes what does not fit); null if it is neither.</summary>
    public static long? ReadNumber(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            // Two's complement in all bits but the first.
            var value = ((field[0] & 0x40) != 0 ? -1L << 6 : 0) | (uint)(field[0] & 0x3f);
            foreach (var b in field[1..])
            {
                if (value is > long.MaxValue >> 8 or < long.MinValue >> 8) return null;
                value = (value << 8) | b;
            }
            return value;
        }
        var digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7' || number > long.MaxValue >> 3) return null;
            number = (number << 3) | (uint)(digit - '0');
        }
        return number;
    }

    /// <summary>A field up to its first NUL.</summary>
    public static ReadOnlySpan<byte> ReadText(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    public static byte[] TimeText(Libc.StatxTime time)
    {
        // Nanoseconds count forward from the second before, also before 1970; the text is a decimal number.
        var (seconds, nanoseconds) = time is { Seconds: < 0, Nanoseconds: > 0 } ? (time.Seconds + 1, 1_000_000_000 - time.Nanoseconds) : (time.Seconds, time.Nanoseconds);
        var sign = time.Seconds < 0 && seconds == 0 ? "-" : "";
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds}.{nanoseconds:000000000}"));
    }

    public static Libc.StatxTime? ReadTime(ReadOnlySpan<byte> text)
    {
        var negative = text.Length > 0 && text[0] == '-';
        if (negative) text = text[1..];
        var dot = text.IndexOf((byte)'.');
        var whole = dot < 0 ? text : text[..dot];
        if (!Utf8Parser.TryParse(whole, out long seconds, out var used) || used != whole.Length || seconds < 0) return null;
        uint nanoseconds = 0;
        if (dot >= 0)
        {
            var fraction = text[(dot + 1)..];
            for (var i = 0; i < 9; i++)
            {
                var digit = i < fraction.Length ? fraction[i] : (byte)'0';
                if (digit is < (byte)'0' or > (byte)'9') return null;
                nanoseconds = (nanoseconds * 10) + (uint)(digit - '0');
            }
        }
        if (!negative) return new Libc.StatxTime { Seconds = seconds, Nanoseconds = nanoseconds };
        return nanoseconds == 0
            ? new Libc.StatxTime { Seconds = -seconds }
            : new Libc.StatxTime { Seconds = -seconds - 1, Nanoseconds = 1_000_000_000 - nanoseconds };
    }
}
