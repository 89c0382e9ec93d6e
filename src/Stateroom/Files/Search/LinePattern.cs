using System.Text;
using System.Text.RegularExpressions;

namespace Stateroom.Files.Search;

/// <summary>What a line is searched for: a literal text or a regular expression.</summary>
internal sealed class LinePattern
{
    // A hostile file must not keep a pattern busy that tries all ways.
    private static readonly TimeSpan LongestMatch = TimeSpan.FromSeconds(1);

    private readonly Regex? _regex;
    private readonly string? _text;
    private readonly byte[]? _bytes;
    private readonly StringComparison _comparison;

    private LinePattern(string? text, string? regex, bool ignoreCase)
    {
        _text = text;
        _comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        if (text is not null && !ignoreCase) _bytes = Encoding.UTF8.GetBytes(text);
        if (regex is not null) _regex = Compile(regex, ignoreCase ? RegexOptions.IgnoreCase : 0);
    }

    /// <summary>Null if the options ask for names alone.</summary>
    /// <exception cref="ArgumentException">The options do not make sense together, or the expression is not valid.</exception>
    public static LinePattern? Of(FileSearchOptions options)
    {
        if (options.Text is not null && options.Regex is not null) throw new ArgumentException("Search for a text or for a regular expression, not for both.", nameof(options));
        if (options.Text is { } text && (text.Length == 0 || text.AsSpan().ContainsAny('\n', '\0'))) throw new ArgumentException("The text to search for is empty, or is more than a line.", nameof(options));
        return options.Text is null && options.Regex is null ? null : new LinePattern(options.Text, options.Regex, options.IgnoreCase);
    }

    /// <summary>False if no line of this content can match; cheap.</summary>
    public bool MayMatch(ReadOnlySpan<byte> content) => _bytes is null || content.IndexOf(_bytes) >= 0;

    /// <returns>Where the first match begins; -1 if there is none.</returns>
    /// <exception cref="RegexMatchTimeoutException">The expression took too long.</exception>
    public int Find(string line) => _regex is null ? line.IndexOf(_text!, _comparison) : _regex.Match(line) is { Success: true } match ? match.Index : -1;

    private static Regex Compile(string pattern, RegexOptions options)
    {
        options |= RegexOptions.CultureInvariant;
        try
        {
            return new Regex(pattern, options | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            // Look-around and back references need an engine that tries all ways.
            return new Regex(pattern, options, LongestMatch);
        }
    }
}
