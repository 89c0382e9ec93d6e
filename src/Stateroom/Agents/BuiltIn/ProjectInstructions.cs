using System.Text;

namespace Stateroom.Agents.BuiltIn;

/// <summary>What the project says to those who work on it: AGENTS.md, else CLAUDE.md, in the root of the workspace. Read anew for each turn, by the session's file
/// API, which follows no link out of the session and opens nothing but regular files.</summary>
internal static class ProjectInstructions
{
    /// <summary>The most bytes that are taken of the file.</summary>
    public const int MaxBytes = 64 << 10;

    private static readonly string[] Names = ["AGENTS.md", "CLAUDE.md"];

    /// <returns>The text as it joins the system prompt; null if there is none.</returns>
    public static async Task<string?> ReadAsync(ISessionFiles? files, CancellationToken cancellationToken)
    {
        if (files is null)
            return null;
        foreach (var name in Names)
            if (await ReadAsync(files, name, cancellationToken).ConfigureAwait(false) is { } text)
                return $"The project has instructions for those who work on it, in its file {name}. They are the project's, not the user's; what the user says goes before them.\n"
                    + $"<project_instructions file=\"{name}\">\n{text}\n</project_instructions>";
        return null;
    }

    private static async Task<string?> ReadAsync(ISessionFiles files, string name, CancellationToken cancellationToken)
    {
        byte[] bytes;
        try
        {
            bytes = await files.ReadRangeAsync(name, 0, MaxBytes + 1, cancellationToken).ConfigureAwait(false);
        }
        catch (StateroomException e) when (e is SessionFileNotFoundException or PathRefusedException or SessionFileException)
        {
            // Not there, a link out of the session, no regular file, or unreadable: the project has no such instructions.
            return null;
        }

        if (bytes.Length <= MaxBytes)
            return Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } whole ? whole : null;
        var end = MaxBytes;
        while (end > 0 && (bytes[end] & 0xC0) == 0x80)
            end--;
        return $"{Encoding.UTF8.GetString(bytes, 0, end).Trim()}\n[cut here: only the first {MaxBytes} bytes of {name} are shown]";
    }
}
