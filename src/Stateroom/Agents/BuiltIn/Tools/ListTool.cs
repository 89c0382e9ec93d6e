using System.Globalization;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class ListTool() : RoomTool("list", ToolKind.Read,
    "Lists a directory: one path a line, directories with a slash at their end. What is in .git, node_modules, venv, .venv and __pycache__ is left out.",
    """
    { "type": "object", "properties": {
      "path": { "type": "string", "description": "The directory. The default is the workspace." },
      "depth": { "type": "integer", "minimum": 1, "maximum": 20, "description": "How many levels to show. The default is 2." } } }
    """)
{
    public override Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken) =>
        ListAsync(context, arguments.Path("path", "."), arguments.Number("depth", 2, 1, 20), cancellationToken);

    public static async Task<ToolOutput> ListAsync(ToolContext context, string path, int depth, CancellationToken cancellationToken)
    {
        var result = await RoomFiles.ScriptAsync(context.Sandbox, """
            [ -d "$1" ] || { echo "$1: not a directory" >&2; exit 1; }
            find -H "$1" -mindepth 1 -maxdepth "$2" -type d -exec printf '%s/\n' {} + \
              \( -name .git -o -name node_modules -o -name venv -o -name .venv -o -name __pycache__ \) -prune -o ! -type d -print | head -c "$3"
            """, [path, depth.ToString(CultureInfo.InvariantCulture), RoomFiles.MaxBytes.ToString(CultureInfo.InvariantCulture)], null, cancellationToken).ConfigureAwait(false);
        if (result.StdoutBytes == 0 && (!result.Success || result.StderrBytes > 0))
            return ToolOutput.Error($"Cannot list '{path}': {RoomFiles.Reason(result)}");
        if (result.StdoutBytes == 0)
            return new ToolOutput($"'{path}' is empty.");

        var lines = result.StdoutText.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < lines.Length; i++)
            lines[i] = lines[i].StartsWith("./", StringComparison.Ordinal) ? lines[i][2..] : lines[i];
        Array.Sort(lines, StringComparer.Ordinal);
        var text = string.Join('\n', lines) + "\n";
        if (text.Length > ToolOutput.MaxChars)
            text = OutputSpill.Shorten(text, $"{lines.Length} entries; list a smaller part, or less deep");
        // find went on past what it could not read, and said so.
        return new ToolOutput(result.StderrBytes == 0 ? text : $"{text}Not all could be read: {result.StderrText.Trim()}\n");
    }
}
