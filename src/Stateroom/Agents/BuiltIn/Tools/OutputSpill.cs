using System.Globalization;
using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>Shows the beginning and the end of an output that is too long, and keeps all of it in a file of the room.</summary>
internal static class OutputSpill
{
    /// <summary>The most files that are kept; the oldest go first.</summary>
    public const int MaxFiles = 32;

    // Together with what is written now. /tmp of a room is memory.
    private const int MaxBytes = 64 << 20;

    private const string Directory = "/tmp/command-output";

    public static async Task<string> CutAsync(
        ToolContext context, string stream, string content, ReadOnlyMemory<byte> bytes, long total, CancellationToken cancellationToken)
    {
        var path = $"{Directory}/{FileName(context.CallId)}.{stream}";
        await ForgetOldAsync(context.Sandbox, bytes.Length, cancellationToken).ConfigureAwait(false);
        var write = await RoomFiles.WriteAsync(context.Sandbox, path, bytes, cancellationToken).ConfigureAwait(false);
        var where = write.Success
            ? $"the {(bytes.Length < total ? $"first {bytes.Length} bytes are" : "whole output is")} in {path}"
            : $"it could not be kept: {RoomFiles.Reason(write)}";
        return Shorten(content, $"{total} bytes in all; {where}");
    }

    /// <summary>The first two thirds and the last third of what may be shown, never cut within a character.</summary>
    public static string Shorten(string content, string note, int maxChars = ToolOutput.MaxChars)
    {
        if (content.Length <= maxChars)
            return $"{content}\n[output cut here: {note}]";
        var head = maxChars * 2 / 3;
        if (char.IsHighSurrogate(content[head - 1]))
            head--;
        var tail = content.Length - maxChars / 3;
        if (char.IsLowSurrogate(content[tail]))
            tail++;
        return $"{content.AsSpan(0, head)}\n[... {tail - head} characters left out here: {note} ...]\n{content.AsSpan(tail)}";
    }

    // What cannot be removed takes room, and the writing says so when there is none.
    private static Task<ExecResult> ForgetOldAsync(ISandbox sandbox, int bytesToCome, CancellationToken cancellationToken) =>
        RoomFiles.ScriptAsync(sandbox, """
            cd "$1" 2>/dev/null || exit 0
            files=0 bytes=$2
            ls -t | while IFS= read -r name; do
              files=$((files + 1)) bytes=$((bytes + $(wc -c < "$name")))
              [ "$files" -lt "$3" ] && [ "$bytes" -le "$4" ] || rm -f -- "$name"
            done
            """, [Directory, Text(bytesToCome), Text(MaxFiles), Text(MaxBytes)], null, cancellationToken);

    // A call's id is the provider's: it may be anything.
    private static string FileName(string callId)
    {
        var name = new StringBuilder();
        foreach (var character in callId.AsSpan(0, Math.Min(callId.Length, 100)))
            name.Append(char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '_');
        return name.ToString();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
