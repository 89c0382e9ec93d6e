using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Execution;

/// <summary>What was asked for, as a log's first record tells it.</summary>
/// <param name="Id">The id of the exec or the shell.</param>
/// <param name="SandboxId">The room; empty if the record does not say.</param>
/// <param name="IsShell">True for a shell.</param>
/// <param name="HasTerminal">True if it was given a terminal.</param>
/// <param name="Arguments">Program and arguments; for a shell its program as it was asked for, or nothing.</param>
/// <param name="Directory">The working directory; null for the default.</param>
/// <param name="StartedAt">When.</param>
internal sealed record RecordedRequest(
    string Id, string SandboxId, bool IsShell, bool HasTerminal, IReadOnlyList<string> Arguments, string? Directory, DateTimeOffset StartedAt)
{
    // Room for the arguments with every byte escaped, and for the rest.
    private const int MaxBytes = (6 * ExecutionLog.MaxArgumentBytes) + (64 << 10);

    /// <summary>Reads the first record of a log: the request, or null if it cannot be read, and where the record ends; 0 if there is no such record.</summary>
    public static (RecordedRequest? Request, long End) Read(SafeFileHandle file, string path)
    {
        Span<byte> head = stackalloc byte[LogRecord.HeaderSize];
        if (HostFile.ReadAt(file, head, 0, path) < head.Length) return default;
        var header = LogRecord.Read(head);
        var end = LogRecord.HeaderSize + (long)header.Length;
        if (header.Kind != LogRecordKind.Request || header.Length < 0 || end > HostFile.Length(file, path)) return default;
        if (header.Length > MaxBytes) return (null, end);
        var json = new byte[header.Length];
        return HostFile.ReadAt(file, json, head.Length, path) == json.Length ? (TryParse(json), end) : default;
    }

    /// <summary>Null if the bytes are not a request.</summary>
    public static RecordedRequest? TryParse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "exec_id") is not { } id) return null;
            if (!root.TryGetProperty("started_at", out var at) || !at.TryGetDateTimeOffset(out var startedAt)) return null;
            if (!root.TryGetProperty("argv", out var argv) || argv.ValueKind != JsonValueKind.Array) return null;
            var terminal = root.TryGetProperty("terminal", out var has) && has.ValueKind == JsonValueKind.True;
            return new RecordedRequest(id, Text(root, "box_id") ?? "", Text(root, "kind") == "shell", terminal,
                [.. argv.EnumerateArray().Select(a => a.GetString() ?? "")], Text(root, "directory"), startedAt);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or JSON of another shape: not ours.
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
