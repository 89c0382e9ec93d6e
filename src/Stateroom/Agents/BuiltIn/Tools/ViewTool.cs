using System.Globalization;
using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class ViewTool() : RoomTool("view", ToolKind.Read,
    "Shows a text file with line numbers, or lists a directory. Without a range it shows the first 2,000 lines.",
    """
    { "type": "object", "required": ["path"], "properties": {
      "path": { "type": "string", "description": "The file or directory." },
      "start_line": { "type": "integer", "minimum": 1, "description": "The first line to show. The default is 1." },
      "end_line": { "type": "integer", "minimum": 1, "description": "The last line to show." } } }
    """)
{
    private const int MostLines = 2000, MostLineChars = 2000, IsDirectory = 21;

    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var path = arguments.Path("path");
        var first = arguments.Number("start_line", 1, 1, int.MaxValue);
        var last = arguments.Number("end_line", (int)Math.Min((long)first + MostLines - 1, int.MaxValue - 1), first, int.MaxValue - 1);
        // One line more than wanted shows whether there are more; head bounds what a file without line ends gives.
        var result = await RoomFiles.ScriptAsync(context.Sandbox, """
            [ ! -d "$1" ] || exit 21
            [ ! -e "$1" ] || [ -f "$1" ] || { echo "$1: not a regular file" >&2; exit 1; }
            exec < "$1" && sed -n "$2,$3p;$3q" | head -c "$4"
            """, [path, Text(first), Text(last + 1), Text(RoomFiles.MaxBytes)], null, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode == IsDirectory)
            return await ListTool.ListAsync(context, path, 1, cancellationToken).ConfigureAwait(false);
        if (!result.Success)
            return ToolOutput.Error($"Cannot view '{path}': {RoomFiles.Reason(result)}");
        if (result.Stdout.Span.Contains((byte)0))
            return ToolOutput.Error($"'{path}' is not a text file. Look at it with a command, such as file or xxd.");
        return result.StdoutBytes == 0
            ? new ToolOutput(first == 1 ? $"'{path}' is empty." : $"'{path}' has fewer than {first} lines.")
            : new ToolOutput(Number(result.StdoutText, first, last));
    }

    private static string Number(string content, int first, int last)
    {
        var text = new StringBuilder();
        var number = first;
        foreach (var line in (content[^1] == '\n' ? content[..^1] : content).Split('\n'))
        {
            if (number > last || text.Length > ToolOutput.MaxChars)
            {
                text.Append(CultureInfo.InvariantCulture, $"[more lines follow; continue with start_line {number}]\n");
                break;
            }

            text.Append(CultureInfo.InvariantCulture, $"{number++,6}\t").Append(line.Length > MostLineChars ? line[..MostLineChars] : line);
            text.Append(line.Length > MostLineChars ? " [rest of the line left out]\n" : "\n");
        }

        return text.ToString();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
