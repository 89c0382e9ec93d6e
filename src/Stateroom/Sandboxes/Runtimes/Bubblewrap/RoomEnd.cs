using System.Globalization;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Reads the line that a guest writes at an orderly end: <c>reason unix-milliseconds</c>.</summary>
internal static class RoomEnd
{
    /// <summary>How the room ended. Without a whole line of a known reason it was lost, found at <paramref name="now"/>.</summary>
    public static SandboxEndRecord Read(RoomDirectory room, DateTimeOffset now)
    {
        if (ReadText(room.End) is not { } text) return Lost(room, now);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        // A torn line is no record.
        if (end < 0) return Lost(room, now);
        var parts = text[..end].Split(' ');
        SandboxEndReason? reason = parts[0] switch
        {
            "stopped" => SandboxEndReason.Stopped,
            "idle" => SandboxEndReason.Idle,
            "last-handle" => SandboxEndReason.LastHandleGone,
            _ => null,
        };
        if (reason is null || parts.Length != 2 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            || milliseconds > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()) return Lost(room, now);
        return new SandboxEndRecord(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), new SandboxEnd(reason.Value));
    }

    // What is left of a room goes when its end is on record, which may be in between.
    private static string? ReadText(string path)
    {
        try
        {
            using var file = new StreamReader(path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete });
            return file.ReadToEnd();
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static SandboxEndRecord Lost(RoomDirectory room, DateTimeOffset now)
    {
        var log = room.ReadLog();
        var last = log[(log.LastIndexOf('\n') + 1)..];
        return new SandboxEndRecord(now, new SandboxEnd(SandboxEndReason.Lost, last.Length == 0 ? null : Text.Clean(last)));
    }
}
