namespace Stateroom;

/// <summary>What to search for. Without <see cref="Text"/> and <see cref="Regex"/> the names alone are searched.</summary>
public sealed record FileSearchOptions
{
    /// <summary>Which names: <c>*</c> and <c>?</c> match within a name, <c>**</c> any number of directories, <c>[a-z]</c> a character and <c>{a,b}</c> one of
    /// several. A pattern without a slash is matched with the last name of a path, one with a slash with the path below the start.</summary>
    /// <value>Null, the default, means all names.</value>
    public string? Glob { get; init; }

    /// <summary>Directories and files that are left out, as patterns like <see cref="Glob"/>; what is below a directory is left out with it.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Text that a line must contain. Not together with <see cref="Regex"/>.</summary>
    /// <value>Null, the default, does not look for text.</value>
    public string? Text { get; init; }

    /// <summary>A regular expression of .NET that a line must match. Patterns with back references or look-around give up on a line after one second.</summary>
    /// <value>Null, the default, does not look for a pattern.</value>
    public string? Regex { get; init; }

    /// <summary>True makes no difference between upper and lower case, in names and in contents.</summary>
    /// <value>Default false.</value>
    public bool IgnoreCase { get; init; }

    /// <summary>How many matches at most.</summary>
    /// <value>1 or more; default 1000.</value>
    public int MaxMatches { get; init; } = 1000;

    /// <summary>Larger files are not read, and told as <see cref="FileSearchHitKind.Skipped"/>.</summary>
    /// <value>In bytes, 1 to 1 GiB; default 16 MiB.</value>
    public long MaxFileBytes { get; init; } = 16 << 20;
}

/// <summary>What a search found.</summary>
public enum FileSearchHitKind
{
    /// <summary>A line of a text file, or, without text to look for, a name.</summary>
    Match,

    /// <summary>A binary file (one with a NUL in it) matches somewhere; nothing of it is shown.</summary>
    Binary,

    /// <summary>Something could not be searched; <see cref="FileSearchHit.Text"/> says why.</summary>
    Skipped,

    /// <summary>There were more matches than asked for. Always the last one.</summary>
    Truncated,
}

/// <summary>One result of a search.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The absolute path in the room.</param>
/// <param name="Line">The line, from 1; 0 if this is not about a line.</param>
/// <param name="Column">Where in the line the match begins, from 1, in UTF-16 units; 0 if this is not about a line.</param>
/// <param name="Text">The line without its end, cut to 500 characters around the match, bytes that are not UTF-8 as U+FFFD; or the reason. Null for others.</param>
public sealed record FileSearchHit(FileSearchHitKind Kind, string Path, long Line = 0, int Column = 0, string? Text = null);
