using System.Text.Json;

namespace Stateroom;

/// <summary>One line of a session's action log, <c>history.jsonl</c>.</summary>
/// <param name="Timestamp">When it happened, UTC.</param>
/// <param name="Action">What happened, see <see cref="HistoryActions"/>.</param>
/// <param name="Context">Details as a JSON object; its members depend on <paramref name="Action"/>.</param>
public sealed record HistoryEntry(DateTimeOffset Timestamp, string Action, JsonElement Context);

/// <summary>The actions that a history records.</summary>
public static class HistoryActions
{
    /// <summary>The session was created: <c>session_id</c>, <c>box_id</c>.</summary>
    public const string SessionCreated = "session_created";

    /// <summary>A turn ended: <c>prompt</c>, <c>success</c>, <c>files_created</c>; <c>error</c> if it failed.</summary>
    public const string CodeExecution = "code_execution";

    /// <summary>A turn created a file: <c>path</c>, relative to the workspace.</summary>
    public const string FileCreated = "file_created";

    /// <summary>An exec or shell command was started: <c>exec_id</c>, <c>command</c>; for a shell <c>shell_id</c> too.</summary>
    public const string Command = "command";

    /// <summary>The session has no sandbox any more: <c>box_id</c>, <c>reason</c>.</summary>
    public const string Closed = "closed";

    /// <summary>The session has a sandbox again: <c>box_id</c>.</summary>
    public const string Restored = "restored";

    /// <summary>A turn was found that ended with its process: <c>prompt</c>.</summary>
    public const string TurnInterrupted = "turn_interrupted";

    /// <summary>Not an action: what readers give in the place of a line that is not valid: <c>line</c>, its number, and <c>text</c>, its beginning.</summary>
    public const string DamagedLine = "damaged_line";
}
