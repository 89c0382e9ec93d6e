using System.Text;
using System.Text.RegularExpressions;
using Stateroom.Native;

namespace Stateroom.Files.Search;

/// <summary>One search, with its options checked.</summary>
internal sealed class FileSearch
{
    private const int LongestText = 500;
    private const long MostFileBytes = 1 << 30;

    private readonly FileSearchOptions _options;
    private readonly NamePattern? _names;
    private readonly List<NamePattern> _excluded;
    private readonly LinePattern? _lines;
    private int _matches;

    /// <exception cref="ArgumentException">The options do not make sense together, or a pattern is not valid.</exception>
    public FileSearch(FileSearchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxMatches, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxFileBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxFileBytes, MostFileBytes);
        _options = options;
        _names = options.Glob is null ? null : new NamePattern(options.Glob, options.IgnoreCase);
        _excluded = [.. options.Exclude.Select(glob => new NamePattern(glob, options.IgnoreCase))];
        _lines = LinePattern.Of(options);
    }

    public IEnumerable<FileSearchHit> Run(FileTree tree, byte[] below, CancellationToken cancellationToken)
    {
        foreach (var hit in All(tree, below, cancellationToken))
        {
            if (hit.Kind is FileSearchHitKind.Match or FileSearchHitKind.Binary && _matches++ == _options.MaxMatches)
            {
                yield return new FileSearchHit(FileSearchHitKind.Truncated, tree.PathOf(below));
                yield break;
            }
            yield return hit;
        }
    }

    private IEnumerable<FileSearchHit> All(FileTree tree, byte[] below, CancellationToken cancellationToken)
    {
        using var start = tree.Find(below, follow: true, "Cannot search");
        if (!start.IsDirectory)
        {
            if (!start.IsFile) throw FileFailure.WrongType("Cannot search", tree.PathOf(below), start.Stat);
            foreach (var hit in Look(start, tree.PathOf(below), FileNames.ToText(below))) yield return hit;
            yield break;
        }
        var skipped = new List<FileSearchHit>();
        var walk = new TreeWalk(tree.Calls, (path, reason) => skipped.Add(new FileSearchHit(FileSearchHitKind.Skipped, tree.PathOf(FileNames.Join(below, path)), Text: reason)))
        {
            Skip = IsExcluded,
        };
        foreach (var (path, node) in walk.Below(start, recursive: true, cancellationToken))
        {
            foreach (var hit in skipped) yield return hit;
            skipped.Clear();
            if (IsExcluded(path)) continue;
            foreach (var hit in Look(node, tree.PathOf(FileNames.Join(below, path)), FileNames.ToText(path))) yield return hit;
        }
        foreach (var hit in skipped) yield return hit;
    }

    private bool IsExcluded(byte[] path) => _excluded.Count > 0 && FileNames.ToText(path) is var text && _excluded.Any(pattern => pattern.Matches(text));

    private IEnumerable<FileSearchHit> Look(FileNode node, string path, string below)
    {
        if (_names?.Matches(below) == false) return [];
        if (_lines is null) return [new FileSearchHit(FileSearchHitKind.Match, path)];
        return node.IsFile ? LookInto(node, path, _lines) : [];
    }

    private IEnumerable<FileSearchHit> LookInto(FileNode node, string path, LinePattern lines)
    {
        if (node.Stat.Size > (ulong)_options.MaxFileBytes)
            return [Skipped(path, $"has {node.Stat.Size} bytes; at most {_options.MaxFileBytes} are searched")];
        using var file = node.TryReopen(Libc.O_RDONLY, out var errno);
        if (file is null) return [Skipped(path, $"cannot be read: {Libc.Describe(errno)}")];
        var content = new byte[node.Stat.Size];
        var size = FileContent.Fill(file, content, 0, path);
        return lines.MayMatch(content.AsSpan(0, size)) ? Lines(content.AsMemory(0, size), path, lines) : [];
    }

    private static IEnumerable<FileSearchHit> Lines(ReadOnlyMemory<byte> content, string path, LinePattern pattern)
    {
        var isBinary = content.Span.Contains((byte)0);
        for (long number = 1; content.Length > 0; number++)
        {
            var end = content.Span.IndexOf((byte)'\n');
            var line = Encoding.UTF8.GetString(content.Span[..(end < 0 ? content.Length : end)]).TrimEnd('\r');
            content = end < 0 ? default : content[(end + 1)..];
            var at = Find(pattern, line);
            if (at is null) yield return new FileSearchHit(FileSearchHitKind.Skipped, path, number, Text: "the pattern took too long on this line");
            if (at is null or < 0) continue;
            if (isBinary)
            {
                yield return new FileSearchHit(FileSearchHitKind.Binary, path);
                yield break;
            }
            yield return new FileSearchHit(FileSearchHitKind.Match, path, number, at.Value + 1, Cut(line, at.Value));
        }
    }

    private static int? Find(LinePattern pattern, string line)
    {
        try
        {
            return pattern.Find(line);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static string Cut(string line, int match)
    {
        if (line.Length <= LongestText) return line;
        var from = Math.Clamp(match - (LongestText / 4), 0, line.Length - LongestText);
        return line.Substring(from, LongestText);
    }

    private static FileSearchHit Skipped(string path, string reason) => new(FileSearchHitKind.Skipped, path, Text: reason);
}
