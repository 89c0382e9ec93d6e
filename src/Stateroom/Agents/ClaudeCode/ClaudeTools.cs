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

    /// <summary>Tools that every session has unless it says otherwise.</summary>
    private static readonly IReadOnlyList<string> Usual = ["Agent", "Bash", "Edit", "NotebookEdit", "Read", "ReportFindings", "Skill", "TaskStop", "ToolSearch", "Write"];

    /// <summary>Tools that are asked for however harmless the CLI takes a call for, or a skill of the workspace says that it is.</summary>
    public static IEnumerable<string> AskedFor => Usual.Concat(OnlyByName).Concat(Editors).Where(tool => KindOf(tool) != ToolKind.Read).Distinct(StringComparer.Ordinal);

    /// <summary>The prefix of tools of MCP servers, whose names only the servers know.</summary>
    private const string McpPrefix = "mcp__";

    private static readonly HashSet<string> Readers = new(StringComparer.Ordinal)
    {
        "Read", "Glob", "Grep", "LS", "NotebookRead", "ToolSearch", "ReportFindings", "TodoWrite", "TaskOutput", "ListAgents",
        // What a subagent does is asked for by itself.
        "Agent", "Skill",
    };

    private static readonly HashSet<string> Editors = new(StringComparer.Ordinal) { "Edit", "MultiEdit", "Write", "NotebookEdit" };

    /// <summary>The provider's own tools that a configuration asks for by name.</summary>
    public static IReadOnlyList<string> RunByProvider(AgentOptions options) => options.AllowedTools?.Contains("WebSearch", StringComparer.Ordinal) == true && TurnPermissions.Has(options, "WebSearch") ? ["web_search_"] : [];

    /// <exception cref="AgentConfigurationException">A list names a tool that there is not.</exception>
    public static void Check(AgentOptions options)
    {
        string[] known = [.. Usual.Concat(Looking).Concat(OnlyByName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        foreach (var name in (options.AllowedTools ?? []).Concat(options.DisallowedTools))
        {
            if (!known.Contains(name, StringComparer.Ordinal) && !name.StartsWith(McpPrefix, StringComparison.Ordinal))
                throw new AgentConfigurationException($"The agent '{AgentOptions.ClaudeCode}' has no tool '{name}'. It has: {string.Join(", ", known)}, and those of MCP servers, which begin with '{McpPrefix}'.");
        }
    }

    /// <summary>What a tool does. One that is not known, such as one of an MCP server, may do anything.</summary>
    public static ToolKind KindOf(string tool) => Readers.Contains(tool) ? ToolKind.Read : Editors.Contains(tool) ? ToolKind.Edit : ToolKind.Execute;
}
