using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Stateroom.Sessions;

/// <summary>Reads history.jsonl. Nothing is skipped in silence: a damaged line comes as an entry that says so.</summary>
internal static class HistoryReader
{
    private const int ShownBytes = 200;

    public static async IAsyncEnumerable<HistoryEntry> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Reading small local files blocks no longer than a page fault; the caller still gets its thread back first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var lines = new JsonLineReader(path);
        var last = DateTimeOffset.UnixEpoch;
        while (lines.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entry = TryParse(lines.Line.Span) ?? Damaged(last, lines.Number, lines.Line.Span);
            last = entry.Timestamp;
            yield return entry;
        }
    }

    /// <summary>Null if the line is not a valid entry.</summary>
    public static HistoryEntry? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, SessionJson.Line.HistoryEntry) is { Action: not null } entry ? entry : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // It has no time of its own: it takes that of the entry before.
    private static HistoryEntry Damaged(DateTimeOffset at, long number, ReadOnlySpan<byte> line)
    {
        var text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, ShownBytes)]);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, SessionJson.Writer))
        {
            json.WriteStartObject();
            json.WriteNumber("line"u8, number);
            json.WriteString("text"u8, text);
            json.WriteEndObject();
        }
        using var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        return new HistoryEntry(at, HistoryActions.DamagedLine, document.RootElement.Clone());
    }
}
