using System.Globalization;
using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class SearchTool() : RoomTool("search", ToolKind.Read,
    "Searches files for a text and shows path, line number and line of each match. Binary files, .git, node_modules, venv, .venv and __pycache__ are left out.",
    """
    { "type": "object", "required": ["pattern"], "properties": {
      "pattern": { "type": "string", "description": "The text to find." },
      "path": { "type": "string", "description": "The file or directory to search. The default is the workspace." },
      "regex": { "type": "boolean", "description": "True takes the pattern as an extended regular expression, as grep -E does. The default is false." } } }
    """)
{
    private const int MostLineChars = 500;

    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var pattern = arguments.Text("pattern");
        if (pattern.Length == 0)
            throw new ToolArgumentException("The argument 'pattern' is empty.");
        var path = arguments.Path("path", ".");
        var result = await RoomFiles.ScriptAsync(context.Sandbox, """
            grep -rnHI "$1" --exclude-dir=.git --exclude-dir=node_modules --exclude-dir=venv --exclude-dir=.venv --exclude-dir=__pycache__ \
              -e "$2" -- "$3" | head -c "$4"
            """, [arguments.Flag("regex") ? "-E" : "-F", pattern, path, RoomFiles.MaxBytes.ToString(CultureInfo.InvariantCulture)], null, cancellationToken).ConfigureAwait(false);
        if (result.StdoutBytes == 0)
            return !result.Success || result.StderrBytes > 0
                ? ToolOutput.Error($"The search in '{path}' failed: {RoomFiles.Reason(result)}")
                : new ToolOutput("No matches.");

        var text = new StringBuilder();
        var count = 0;
        foreach (var line in result.StdoutText.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            count++;
            var shown = line.StartsWith("./", StringComparison.Ordinal) ? line.AsSpan(2) : line;
            text.Append(shown.Length > MostLineChars ? shown[..MostLineChars] : shown);
            text.Append(shown.Length > MostLineChars ? " [rest of the line left out]\n" : "\n");
        }

        var matches = text.Length > ToolOutput.MaxChars
            ? OutputSpill.Shorten(text.ToString(), $"{count} matching lines; search a smaller part, or for something rarer")
            : text.ToString();
        return new ToolOutput(result.StderrBytes == 0 ? matches : $"{matches}Not all could be searched: {result.StderrText.Trim()}\n");
    }
}
