using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Files;

/// <summary>One side of a copy: a file of a session, a file of this machine, or our own input or output.</summary>
/// <param name="Session">The session; null for this machine.</param>
/// <param name="Path">The path there; <c>-</c> without a session is standard input or output.</param>
internal sealed record CopySide(string? Session, string Path)
{
    public bool IsStream => Session is null && Path == "-";

    /// <summary>Asks for what is in the directory <see cref="Path"/>, or says that there is one, as with cp(1).</summary>
    public bool EndsWithSlash => Path.EndsWith('/');

    /// <summary>The last name; empty if it ends with a dot or is the top.</summary>
    public string LastName => System.IO.Path.GetFileName(Path.TrimEnd('/')) is not ("." or "..") and var name ? name : "";

    /// <summary><c>ID:PATH</c> is in a session; a slash before the colon makes it a path of this machine.</summary>
    public static CopySide Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || text.AsSpan(0, colon).Contains('/')) return new CopySide(null, text.Length > 0 ? text : throw new UsageException("A path is empty. '.' is the current directory."));
        var path = text[(colon + 1)..];
        // As with scp, nothing behind the colon is where one begins.
        return new CopySide(SessionId.Check(text[..colon]), path.Length > 0 ? path : ".");
    }

    public CopySide Inside(string name) => this with { Path = $"{Path.TrimEnd('/')}/{name}" };
}
