using System.Buffers;
using System.Security.Cryptography;

namespace Stateroom;

/// <summary>The rules for session ids: <c>[A-Za-z0-9_-]{1,255}</c>, case-sensitive. 255 is the longest file name on Linux (NAME_MAX, limits.h).</summary>
public static class SessionId
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxLength = 255;

    /// <summary>The rules in a sentence, as error messages state them.</summary>
    public const string Rules = "use 1 to 255 of the characters a-z, A-Z, 0-9, '-' and '_'";

    private const string Crockford = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>Whether <paramref name="id"/> keeps the rules.</summary>
    /// <param name="id">The id; null is not valid.</param>
    public static bool IsValid(string? id) => id is { Length: >= 1 and <= MaxLength } && !id.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Returns <paramref name="id"/> if it keeps the rules.</summary>
    /// <param name="id">The id.</param>
    /// <exception cref="InvalidSessionIdException">It breaks the rules; the message states them.</exception>
    public static string Check(string? id) => IsValid(id) ? id! : throw new InvalidSessionIdException(id);

    /// <summary>A new id of 26 characters that sorts by time of creation (48 bits of milliseconds, 80 random bits, base 32 as in ULID).</summary>
    /// <param name="time">Null means the system's clock.</param>
    public static string New(TimeProvider? time = null)
    {
        Span<byte> random = stackalloc byte[10];
        RandomNumberGenerator.Fill(random);
        var milliseconds = (time ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds();
        Span<char> text = stackalloc char[26];
        for (var i = 9; i >= 0; i--, milliseconds >>= 5) text[i] = Crockford[(int)(milliseconds & 31)];
        // 80 bits are 16 digits of 5 bits.
        var bits = 0;
        var held = 0;
        for (int i = 10, next = 0; i < 26; i++)
        {
            if (held < 5) { bits = (bits << 8) | random[next++]; held += 8; }
            held -= 5;
            text[i] = Crockford[(bits >> held) & 31];
        }
        return new string(text);
    }
}
