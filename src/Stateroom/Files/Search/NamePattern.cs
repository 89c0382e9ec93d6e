using System.Text;
using System.Text.RegularExpressions;

namespace Stateroom.Files.Search;

/// <summary>A glob: <c>*</c>, <c>?</c>, <c>[a-z]</c> and <c>{a,b}</c> within names, <c>**</c> across directories.</summary>
internal sealed class NamePattern
{
    private readonly Regex _regex;
    private readonly bool _lastNameOnly;

    /// <exception cref="ArgumentException">The pattern is not valid.</exception>
    public NamePattern(string glob, bool ignoreCase)
    {
        if (glob.Length == 0) throw new ArgumentException("A name pattern is empty. '*' matches every name.");
        _lastNameOnly = !glob.Contains('/');
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline | (ignoreCase ? RegexOptions.IgnoreCase : 0);
        _regex = new Regex(Translate(glob.TrimStart('/')), options);
    }

    /// <param name="path">A path below the start of the search.</param>
    public bool Matches(string path) => _regex.IsMatch(_lastNameOnly ? path[(path.LastIndexOf('/') + 1)..] : path);

    private static string Translate(string glob)
    {
        var regex = new StringBuilder("^");
        var open = 0;
        for (var i = 0; i < glob.Length; i++)
        {
            switch (glob[i])
            {
                case '*' when glob.AsSpan(i).StartsWith("**/"):
                    regex.Append("(?:[^/]+/)*");
                    i += 2;
                    break;
                case '*' when glob.AsSpan(i).StartsWith("**"):
                    regex.Append(".*");
                    i++;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[' when glob.IndexOf(']', i + 2) is > 0 and var end:
                    var set = glob[(i + 1)..end].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal);
                    regex.Append(set[0] is '!' or '^' ? $"[^/{set[1..]}]" : $"[{set}]");
                    i = end;
                    break;
                case '{':
                    regex.Append("(?:");
                    open++;
                    break;
                case '}' when open > 0:
                    regex.Append(')');
                    open--;
                    break;
                case ',' when open > 0:
                    regex.Append('|');
                    break;
                case '\\' when i + 1 < glob.Length:
                    regex.Append(Regex.Escape(glob[++i].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(glob[i].ToString()));
                    break;
            }
        }
        return open == 0 ? regex.Append("\\z").ToString() : throw new ArgumentException($"The name pattern '{glob}' has a '{{' without its '}}'.");
    }
}
