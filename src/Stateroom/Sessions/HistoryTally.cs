using System.Text.Json;

namespace Stateroom.Sessions;

/// <summary>What a history has beyond an offset: its lines are the truth that the counters in session.json follow.</summary>
internal readonly record struct HistoryTally(
    long Commands, long FilesCreated, long Turns, long DurationMs, decimal CostUsd, DateTimeOffset? Last, long EndOffset)
{
    /// <summary>The last room that was started, and the last that ended.</summary>
    public string? StartedBox { get; private init; }

    /// <inheritdoc cref="StartedBox"/>
    public string? ClosedBox { get; private init; }

    /// <summary>The last turn that came to an outcome, or was found to have none.</summary>
    public string? EndedTurn { get; private init; }

    // More than any session has: a damaged line must not spoil the sums.
    private const long MaxDurationMs = 1L << 40;
    private const decimal MaxCostUsd = 1_000_000_000;

    /// <summary>Counts the complete lines from an offset on.</summary>
    public static HistoryTally Take(string path, long offset)
    {
        using var lines = new JsonLineReader(path, offset);
        var tally = default(HistoryTally);
        while (lines.Read() && lines.IsComplete) tally = tally.Count(lines.Line);
        return tally with { EndOffset = lines.CompleteOffset };
    }

    public SessionRecord AddTo(SessionRecord record) => record with
    {
        TotalCommands = record.TotalCommands + Commands,
        TotalFilesCreated = record.TotalFilesCreated + FilesCreated,
        TotalTurns = record.TotalTurns + Turns,
        TotalDurationMs = record.TotalDurationMs + DurationMs,
        TotalCostUsd = record.TotalCostUsd + CostUsd,
        UpdatedAt = Last > record.UpdatedAt ? Last.Value : record.UpdatedAt,
        HistoryOffset = EndOffset,
    };

    private HistoryTally Count(ReadOnlyMemory<byte> line)
    {
        if (HistoryReader.TryParse(line.Span) is not { } entry) return this;
        var counted = this with { Last = entry.Timestamp };
        return entry.Action switch
        {
            HistoryActions.Command => counted with { Commands = Commands + 1 },
            HistoryActions.SessionCreated or HistoryActions.Restored => counted with { StartedBox = Name(entry.Context, "box_id") },
            HistoryActions.Closed => counted with { ClosedBox = Name(entry.Context, "box_id") },
            HistoryActions.TurnInterrupted => counted with { EndedTurn = Name(entry.Context, "turn_id") },
            HistoryActions.FileCreated => counted with { FilesCreated = FilesCreated + 1 },
            HistoryActions.CodeExecution => counted with
            {
                Turns = Turns + 1,
                EndedTurn = Name(entry.Context, "turn_id"),
                DurationMs = DurationMs + (Member(entry.Context, "duration_ms") is { } d && d.TryGetInt64(out var duration) && duration is > 0 and < MaxDurationMs ? duration : 0),
                CostUsd = CostUsd + (Member(entry.Context, "cost_usd") is { } c && c.TryGetDecimal(out var cost) && cost is > 0 and < MaxCostUsd ? cost : 0),
            },
            _ => counted,
        };
    }

    private static string? Name(JsonElement context, string name) =>
        context.ValueKind == JsonValueKind.Object && context.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement? Member(JsonElement context, string name) =>
        context.ValueKind == JsonValueKind.Object && context.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value : null;
}
