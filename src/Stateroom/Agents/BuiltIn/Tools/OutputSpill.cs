namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>Shows the beginning and the end of an output that is too long, and keeps all of it in a file of the room.</summary>
internal static class OutputSpill
{
    private const string Directory = "/tmp/command-output";

    public static async Task<string> CutAsync(
        ToolContext context, string stream, string content, ReadOnlyMemory<byte> bytes, long total, CancellationToken cancellationToken)
    {
        var path = $"{Directory}/{context.CallId}.{stream}";
        var write = await RoomFiles.WriteAsync(context.Sandbox, path, bytes, cancellationToken).ConfigureAwait(false);
        var where = write.Success
            ? $"the {(bytes.Length < total ? $"first {bytes.Length} bytes are" : "whole output is")} in {path}"
            : $"it could not be kept: {RoomFiles.Reason(write)}";
        return Shorten(content, $"{total} bytes in all; {where}");
    }

    /// <summary>The first two thirds and the last third of what may be shown, never cut within a character.</summary>
    public static string Shorten(string content, string note)
    {
        if (content.Length <= ToolOutput.MaxChars)
            return $"{content}\n[output cut here: {note}]";
        var head = ToolOutput.MaxChars * 2 / 3;
        if (char.IsHighSurrogate(content[head - 1]))
            head--;
        var tail = content.Length - ToolOutput.MaxChars / 3;
        if (char.IsLowSurrogate(content[tail]))
            tail++;
        return $"{content.AsSpan(0, head)}\n[... {tail - head} characters left out here: {note} ...]\n{content.AsSpan(tail)}";
    }
}
