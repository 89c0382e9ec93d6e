using System.Buffers;
using System.Text;

namespace Stateroom.Network.Http;

/// <summary>The lines of a head, by the strict reading of RFC 9112: what two readers might read differently is refused.</summary>
internal static class HttpFields
{
    /// <summary>The most fields of one head; servers take about a hundred.</summary>
    public const int MostFields = 200;

    // RFC 9110, 5.6.2.
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    public static bool IsToken(ReadOnlySpan<byte> text) => text.Length > 0 && text.IndexOfAnyExcept(TokenBytes) < 0;

    /// <summary>Whether a value can stand in a field: visible characters, blanks and tabs (RFC 9110, 5.5), no other control characters.</summary>
    public static bool IsValue(ReadOnlySpan<byte> text)
    {
        foreach (var b in text)
        {
            if (b is (< 0x20 and not (byte)'\t') or 0x7F) return false;
        }
        return true;
    }

    /// <summary>Reads the fields of a head.</summary>
    /// <param name="lines">Whole lines that end with CRLF, without the empty one behind them.</param>
    /// <exception cref="HttpFormatException">One of them is not a field.</exception>
    public static IReadOnlyList<HttpField> Parse(ReadOnlySpan<byte> lines)
    {
        var fields = new List<HttpField>();
        while (lines.Length > 0)
        {
            var end = lines.IndexOf("\r\n"u8);
            if (fields.Count == MostFields) throw new HttpFormatException(431, $"The head has more than {MostFields} header fields.");
            fields.Add(ParseOne(lines[..end]));
            lines = lines[(end + 2)..];
        }
        return fields;
    }

    private static HttpField ParseOne(ReadOnlySpan<byte> line)
    {
        if (line[0] is (byte)' ' or (byte)'\t') throw HttpFormatException.Bad("A header field is continued on a second line.");
        var colon = line.IndexOf((byte)':');
        // A blank before the colon is no token either (RFC 9112, 5.1).
        if (colon < 0 || !IsToken(line[..colon])) throw HttpFormatException.Bad("A header line does not begin with a field name and a colon.");
        var name = Encoding.ASCII.GetString(line[..colon]);
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (!IsValue(value)) throw HttpFormatException.Bad($"The header field '{name}' has a control character in its value.");
        return new HttpField(name, Encoding.Latin1.GetString(value));
    }
}
