namespace Stateroom.Agents.ClaudeCode;

/// <summary>What is known of the CLI's own tools, as of the pinned version.</summary>
internal static class ClaudeTools
{
    /// <summary>The tools of permission mode plan: those that only look at files.</summary>
    public static readonly IReadOnlyList<string> Looking = ["Read", "Glob", "Grep"];

    /// <summary>
    /// Tools that a session has only if it names them: they wait for a person at a terminal, work outside of the workspace or at another time, or
    /// bring the network in by way of the model's provider, past the room's own policy.
    /// </summary>
    public static readonly IReadOnlyList<string> OnlyByName =
    [
        "AskUserQuestion", "EnterPlanMode", "ExitPlanMode", "EnterWorktree", "ExitWorktree", "CronCreate", "CronDelete", "CronList", "ScheduleWakeup",
        "ListAgents", "SendMessage", "Monitor", "WebFetch", "WebSearch", "Workflow",
    ];

    private static readonly HashSet<string> Readers = new(StringComparer.Ordinal)
    {
        "Read", "Glob", "Grep", "LS", "NotebookRead", "ToolSearch", "ReportFindings", "TodoWrite", "TaskOutput", "ListAgents",
        // What a subagent does is asked for by itself.
        "Task", "Skill",
    };

    private static readonly HashSet<string> Editors = new(StringComparer.Ordinal) { "Edit", "MultiEdit", "Write", "NotebookEdit" };

    /// <summary>What a tool does. One that is not known, such as one of an MCP server, may do anything.</summary>
    public static ToolKind KindOf(string tool) => Readers.Contains(tool) ? ToolKind.Read : Editors.Contains(tool) ? ToolKind.Edit : ToolKind.Execute;
}
