using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateroom.Network;

/// <summary>
/// A host as a room, or a rule, names it, in its one canonical form: a name in lower case ASCII without a final dot, or an address. What a resolver might
/// take for an address in a form of its own (127.1, 0x7f000001, 2130706433, 017700000001) is neither, so that no two readers can differ about it.
/// </summary>
/// <param name="Text">The name, or the address; an IPv6 one without brackets.</param>
/// <param name="Address">The address; null for a name.</param>
internal readonly record struct HostName(string Text, IPAddress? Address)
{
    // RFC 1035, section 2.3.4.
    public const int MaxLength = 253, MaxLabelLength = 63;

    /// <summary>The problem of a name that <see cref="ToAscii"/> does not take.</summary>
    public const string NotAscii = "has characters that international names do not have, or not in one way; write its ASCII form (xn--...)";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef"), InIPv6 = SearchValues.Create("0123456789abcdefABCDEF:.");

    private static readonly IdnMapping Idn = new() { AllowUnassigned = false, UseStd3AsciiRules = false };

    /// <summary>As it stands in a URL: an IPv6 address in brackets.</summary>
    public override string ToString() => Address is { AddressFamily: AddressFamily.InterNetworkV6 } ? $"[{Text}]" : Text;

    /// <summary>Reads a host.</summary>
    /// <param name="text">What came from outside; an IPv6 address in brackets.</param>
    /// <param name="host">The host.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence; empty if nothing is.</param>
    public static bool TryParse(string text, out HostName host, out string problem)
    {
        host = default;
        problem = text.StartsWith('[') ? ReadBracketed(text, ref host) : ReadName(text, ref host);
        return problem.Length == 0;
    }

    /// <summary>The labels of a name or of a rule's pattern, checked one by one; the wildcards are left to the caller.</summary>
    public static string CheckLabel(ReadOnlySpan<char> label)
    {
        if (label.IsEmpty) return "has an empty label (two dots, or one at the beginning)";
        if (label.Length > MaxLabelLength) return $"has a label of more than {MaxLabelLength} characters";
        foreach (var c in label)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_')) return $"contains {Describe(c)}; names have letters, digits, '-' and '_'";
        }
        return "";
    }

    /// <summary>Whether resolvers may read a name with this last label as a number (inet_aton(3); so does the URL standard of the WHATWG).</summary>
    public static bool IsNumeric(ReadOnlySpan<char> lastLabel) =>
        !lastLabel.ContainsAnyExceptInRange('0', '9') || (lastLabel.StartsWith("0x") && lastLabel[2..].IndexOfAnyExcept(HexDigits) < 0);

    private static string ReadName(string text, ref HostName host)
    {
        if (text.Length == 0) return "is empty";
        if (text.Contains(':')) return "contains ':'; an IPv6 address stands in brackets";
        // Before anything is mapped: these would be changed or dropped by it.
        foreach (var c in text)
        {
            if (c <= ' ' || c is '%' or '@' or '/' or '\\' or '?' or '#' or '\x7f' || char.IsControl(c) || char.IsWhiteSpace(c)) return $"contains {Describe(c)}; names have letters, digits, '-' and '_'";
        }
        if (!ToAscii(text, out var name)) return NotAscii;
        if (name.EndsWith('.')) name = name[..^1];
        if (name.Length > MaxLength) return $"has more than {MaxLength} characters";
        var last = name[(name.LastIndexOf('.') + 1)..];
        if (last.Length > 0 && IsNumeric(last)) return ReadDotted(name, ref host);
        foreach (var range in name.AsSpan().Split('.'))
        {
            if (CheckLabel(name.AsSpan()[range]) is { Length: > 0 } problem) return problem;
        }
        host = new HostName(name, null);
        return "";
    }

    /// <summary>
    /// Lower case, and international names in their ASCII form. How IDNA maps a character that stands for others (full-width ones, ligatures, sharp s)
    /// depends on its edition and on the libraries of the host: such a name is not taken, so that nobody allows another host than he reads.
    /// </summary>
    public static bool ToAscii(string text, out string ascii)
    {
        ascii = text.ToLowerInvariant();
        if (Ascii.IsValid(ascii)) return true;
        foreach (var rune in ascii.EnumerateRunes())
        {
            if (!rune.IsAscii && !IsPlain(rune)) return false;
        }
        try
        {
            ascii = Idn.GetAscii(ascii);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsPlain(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        // Feminine and masculine ordinal, sharp s, final sigma; letter-like symbols; compatibility and presentation forms, full width; mathematical letters.
        && rune.Value is not (0xAA or 0xBA or 0xDF or 0x3C2 or (>= 0x2100 and <= 0x218F) or (>= 0xF900 and <= 0xFDFF) or (>= 0xFE70 and <= 0xFFEF) or (>= 0x1D400 and <= 0x1EFFF));

    private static string ReadDotted(string name, ref HostName host)
    {
        const string Problem = "ends in a number and is not an IPv4 address of four decimal numbers from 0 to 255 without leading zeros";
        var parts = name.Split('.');
        Span<byte> bytes = stackalloc byte[4];
        if (parts.Length != 4) return Problem;
        for (var i = 0; i < 4; i++)
        {
            if (!byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]) || (parts[i].Length > 1 && parts[i][0] == '0')) return Problem;
        }
        host = new HostName(name, new IPAddress(bytes));
        return "";
    }

    private static string ReadBracketed(string text, ref HostName host)
    {
        if (!text.EndsWith(']')) return "has no closing bracket";
        var inner = text[1..^1];
        // No zone (%eth0): it would mean something else on the host.
        if (!inner.Contains(':') || inner.AsSpan().IndexOfAnyExcept(InIPv6) >= 0 || !IPAddress.TryParse(inner, out var address))
            return "is not an IPv6 address in brackets";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        host = new HostName(address.ToString(), address);
        return "";
    }

    private static string Describe(char c) => c switch
    {
        '\0' => "a NUL character",
        ' ' => "a space",
        '*' => "'*', which stands for a whole label and nothing less",
        > ' ' and < '\x7f' => $"'{c}'",
        _ => string.Create(CultureInfo.InvariantCulture, $"the character U+{(int)c:X4}"),
    };
}
