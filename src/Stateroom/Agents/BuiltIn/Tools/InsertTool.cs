using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class InsertTool() : RoomTool("insert", ToolKind.Edit,
    "Puts new lines into a text file after a line. The rest of the file stays as it is.",
    """
    { "type": "object", "required": ["path", "line", "text"], "properties": {
      "path": { "type": "string", "description": "The file." },
      "line": { "type": "integer", "minimum": 0, "description": "The line after which the text is put; 0 puts it at the beginning." },
      "text": { "type": "string", "description": "The lines. A line end is added to the last one where it has none." } } }
    """)
{
    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var path = arguments.Path("path");
        var line = arguments.Number("line", null, 0, int.MaxValue - 1);
        var text = Encoding.UTF8.GetBytes(arguments.Text("text"));
        if (text.Length == 0)
            throw new ToolArgumentException("The argument 'text' is empty.");
        var (content, error) = await RoomFiles.ReadAsync(context.Sandbox, path, cancellationToken).ConfigureAwait(false);
        if (error is not null)
            return ToolOutput.Error(error);
        if (PlaceAfter(content.Span, line) is not { } at)
            return ToolOutput.Error($"Nothing was changed: '{path}' has {LinesOf(content.Span)} lines, and line {line} is none of them.");

        var written = await RoomFiles.WriteAsync(context.Sandbox, path, Join(content.Span, at, text), cancellationToken).ConfigureAwait(false);
        return written.Success
            ? new ToolOutput($"Inserted {LinesOf(text)} {(LinesOf(text) == 1 ? "line" : "lines")} into {path} after line {line}.")
            : ToolOutput.Error($"Cannot write '{path}': {RoomFiles.Reason(written)}.");
    }

    // On bytes, so that whatever else is in the file stays as it is.
    private static byte[] Join(ReadOnlySpan<byte> content, int at, ReadOnlySpan<byte> text)
    {
        var before = content[..at];
        var after = content[at..];
        // The last line of the file has no end: the new text begins with one, and the file still ends without.
        if (before.Length > 0 && before[^1] != '\n')
            return [.. before, (byte)'\n', .. text];
        return text[^1] == '\n' ? [.. before, .. text, .. after] : [.. before, .. text, (byte)'\n', .. after];
    }

    private static int? PlaceAfter(ReadOnlySpan<byte> content, int line)
    {
        var at = 0;
        for (; line > 0; line--)
        {
            if (at == content.Length)
                return null;
            var end = content[at..].IndexOf((byte)'\n');
            at = end < 0 ? content.Length : at + end + 1;
        }

        return at;
    }

    private static int LinesOf(ReadOnlySpan<byte> content) =>
        content.Count((byte)'\n') + (content.Length > 0 && content[^1] != '\n' ? 1 : 0);
}
