using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class EditTool() : RoomTool("edit", ToolKind.Edit,
    "Replaces a text in a file. The old text must be in the file exactly once, white space and line ends included; take in lines around it to make it so.",
    """
    { "type": "object", "required": ["path", "old_text", "new_text"], "properties": {
      "path": { "type": "string", "description": "The file." },
      "old_text": { "type": "string", "description": "The text to replace, exactly as it is in the file." },
      "new_text": { "type": "string", "description": "The text to put in its place; may be empty." },
      "replace_all": { "type": "boolean", "description": "True replaces the old text wherever it is, once or more often. The default is false." } } }
    """)
{
    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var path = arguments.Path("path");
        var (oldText, newText) = (Encoding.UTF8.GetBytes(arguments.Text("old_text")), Encoding.UTF8.GetBytes(arguments.Text("new_text")));
        var all = arguments.Flag("replace_all");
        if (oldText.Length == 0)
            throw new ToolArgumentException("The argument 'old_text' is empty. To write a whole file, use create; to add lines, use insert.");
        if (oldText.AsSpan().SequenceEqual(newText))
            throw new ToolArgumentException("The old text and the new text are the same.");
        var (content, error) = await RoomFiles.ReadAsync(context.Sandbox, path, cancellationToken).ConfigureAwait(false);
        if (error is not null)
            return ToolOutput.Error(error);

        var count = Count(content.Span, oldText, apart: all);
        if (count == 0 || (count > 1 && !all))
            return ToolOutput.Error($"Nothing was changed: the old text is in '{path}' {count} times; it must be there exactly once.");
        var line = content.Span[..content.Span.IndexOf(oldText)].Count((byte)'\n') + 1;
        var written = await RoomFiles.WriteAsync(context.Sandbox, path, Replace(content.Span, oldText, newText), cancellationToken).ConfigureAwait(false);
        if (!written.Success)
            return ToolOutput.Error($"Cannot write '{path}': {RoomFiles.Reason(written)}.");
        return new ToolOutput(count == 1 ? $"Edited {path} at line {line}." : $"Edited {path} in {count} places, the first at line {line}.");
    }

    // On bytes, so that whatever else is in the file stays as it is.
    private static byte[] Replace(ReadOnlySpan<byte> content, ReadOnlySpan<byte> oldText, ReadOnlySpan<byte> newText)
    {
        using var edited = new MemoryStream(content.Length + newText.Length);
        for (int at; (at = content.IndexOf(oldText)) >= 0; content = content[(at + oldText.Length)..])
        {
            edited.Write(content[..at]);
            edited.Write(newText);
        }

        edited.Write(content);
        return edited.ToArray();
    }

    // Two matches that overlap are two ways to read "exactly once", and one replacement.
    private static int Count(ReadOnlySpan<byte> content, ReadOnlySpan<byte> text, bool apart)
    {
        var count = 0;
        for (int at; (at = content.IndexOf(text)) >= 0; content = content[(at + (apart ? text.Length : 1))..])
            count++;
        return count;
    }
}
