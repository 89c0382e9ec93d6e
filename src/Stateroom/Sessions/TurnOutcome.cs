namespace Stateroom.Sessions;

/// <summary>How a turn ended.</summary>
/// <param name="Result">The result; failed with code <c>interrupted</c> if it was interrupted.</param>
/// <param name="Interrupted">Whether its caller interrupted it.</param>
internal sealed record TurnOutcome(TurnResult Result, bool Interrupted)
{
    /// <summary>Writes the turn into the history: its files, then the turn.</summary>
    public void WriteTo(LockedSession session, TurnMark turn, string prompt)
    {
        using var history = session.OpenHistory();
        foreach (var path in Result.FilesCreated)
            history.Append(HistoryActions.FileCreated, json => json.WriteString("path"u8, path));
        history.Append(HistoryActions.CodeExecution, json =>
        {
            HistoryLog.WriteCut(json, "prompt"u8, prompt);
            json.WriteString("turn_id"u8, turn.Id);
            json.WriteBoolean("success"u8, Result.Success);
            json.WriteStartArray("files_created"u8);
            foreach (var path in Result.FilesCreated) json.WriteStringValue(path);
            json.WriteEndArray();
            if (Result.Error is { } error) json.WriteString("error"u8, Interrupted ? "interrupted" : error);
            if (Result.ErrorCode is { } code) json.WriteString("error_code"u8, code);
            json.WriteNumber("turns"u8, Result.Turns);
            json.WriteNumber("duration_ms"u8, (long)Result.Duration.TotalMilliseconds);
            if (Result.PermissionsDenied.Count > 0)
            {
                json.WriteStartArray("permissions_denied"u8);
                foreach (var tool in Result.PermissionsDenied) json.WriteStringValue(tool);
                json.WriteEndArray();
            }
            if (Result.InputTokens is { } read) json.WriteNumber("input_tokens"u8, read);
            if (Result.OutputTokens is { } written) json.WriteNumber("output_tokens"u8, written);
            if (Result.CostUsd is { } cost) json.WriteNumber("cost_usd"u8, cost);
        });
    }
}
