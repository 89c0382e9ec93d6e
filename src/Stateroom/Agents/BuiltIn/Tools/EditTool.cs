using System.Globalization;
using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class EditTool() : RoomTool("edit",
    "Replaces a text in a file. The old text must be in the file exactly once, white space and line ends included; take in lines around it to make it so.",
    """
    { "type": "object", "required": ["path", "old_text", "new_text"], "properties": {
      "path": { "type": "string", "description": "The file." },
      "old_text": { "type": "string", "description": "The text to replace, exactly as it is in the file." },
      "new_text": { "type": "string", "description": "The text to put in its place; may be empty." } } }
    """)
{
    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var path = arguments.Path("path");
        var (oldText, newText) = (Encoding.UTF8.GetBytes(arguments.Text("old_text")), Encoding.UTF8.GetBytes(arguments.Text("new_text")));
        if (oldText.Length == 0)
            throw new ToolArgumentException("The argument 'old_text' is empty. To write a whole file, use create.");
        if (oldText.AsSpan().SequenceEqual(newText))
            throw new ToolArgumentException("The old text and the new text are the same.");

        var read = await RoomFiles.ScriptAsync(context.Sandbox, """
            [ ! -e "$1" ] || [ -f "$1" ] || { echo "$1: not a regular file" >&2; exit 1; }
            head -c "$2" < "$1"
            """, [path, (RoomFiles.MaxBytes + 1).ToString(CultureInfo.InvariantCulture)], null, cancellationToken).ConfigureAwait(false);
        if (!read.Success)
            return ToolOutput.Error($"Cannot read '{path}': {RoomFiles.Reason(read)}");
        if (read.StdoutBytes > RoomFiles.MaxBytes)
            return ToolOutput.Error($"'{path}' is larger than {RoomFiles.MaxBytes} bytes. Edit it with a command, such as sed.");

        // On bytes, so that whatever else is in the file stays as it is.
        var content = read.Stdout;
        var count = Count(content.Span, oldText);
        if (count != 1)
            return ToolOutput.Error($"Nothing was changed: the old text is in '{path}' {count} times; it must be there exactly once.");
        var at = content.Span.IndexOf(oldText);
        byte[] edited = [.. content.Span[..at], .. newText, .. content.Span[(at + oldText.Length)..]];
        var written = await RoomFiles.WriteAsync(context.Sandbox, path, edited, cancellationToken).ConfigureAwait(false);
        return written.Success
            ? new ToolOutput($"Edited {path} at line {content.Span[..at].Count((byte)'\n') + 1}.")
            : ToolOutput.Error($"Cannot write '{path}': {RoomFiles.Reason(written)}. The file may be incomplete.");
    }

    private static int Count(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text)
    {
        var count = 0;
        for (int at; (at = content.IndexOf(text)) >= 0; content = content[(at + 1)..])
            count++;
        return count;
    }
}
