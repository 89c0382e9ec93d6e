namespace Stateroom;

/// <summary>Which agent answers, and how. Kept with the session.</summary>
public sealed record AgentOptions
{
    /// <summary>The name of our own agent.</summary>
    public const string BuiltIn = "builtin";

    /// <summary>The name of the Claude Code command line, run in the room.</summary>
    public const string ClaudeCode = "claude-code";

    /// <value>The agent's name. The default is <see cref="BuiltIn"/>.</value>
    public string Name { get; init; } = BuiltIn;

    /// <value>The model's name as the provider knows it. Null means the agent's default.</value>
    public string? Model { get; init; }

    /// <value>Instructions that come before the conversation. Null means none beyond the agent's own.</value>
    public string? SystemPrompt { get; init; }

    /// <value>The most requests to the model in one turn, from 1 up. The default is 50.</value>
    public int MaxTurns { get; init; } = 50;

    /// <value>What the agent may do without asking. The default is <see cref="PermissionMode.Bypass"/>: the room is what protects the host.</value>
    public PermissionMode PermissionMode { get; init; }

    /// <value>The only tools that the agent has, by the names it knows them by. Null, the default, means all.</value>
    public IReadOnlyList<string>? AllowedTools { get; init; }

    /// <value>Tools that the agent does not have, even if they are allowed. Empty by default.</value>
    public IReadOnlyList<string> DisallowedTools { get; init; } = [];

    /// <value>The most tokens that one turn may use, read and written, cached ones included; the request that would go on beyond it is refused and
    /// the turn fails. From 1 up; <see cref="long.MaxValue"/> means no bound. The default is 20 million.</value>
    public long TokenBudget { get; init; } = 20_000_000;

    /// <value>MCP servers of the agent as JSON text, <c>{"mcpServers":{...}}</c>. They run in the room. It is kept in session.json: not the place for
    /// secrets. Null, the default, means none. An agent that cannot use it refuses it.</value>
    public string? McpConfiguration { get; init; }
}

/// <summary>Changes to the session's agent configuration for one turn. Null members change nothing.</summary>
public sealed record TurnOptions
{
    /// <value>The model's name.</value>
    public string? Model { get; init; }

    /// <value>Instructions that come before the conversation.</value>
    public string? SystemPrompt { get; init; }

    /// <value>The most requests to the model, from 1 up.</value>
    public int? MaxTurns { get; init; }

    /// <value>What the agent may do without asking.</value>
    public PermissionMode? PermissionMode { get; init; }

    /// <value>The only tools that the agent has.</value>
    public IReadOnlyList<string>? AllowedTools { get; init; }

    /// <value>Tools that the agent does not have.</value>
    public IReadOnlyList<string>? DisallowedTools { get; init; }

    /// <value>The most tokens, read and written, from 1 up.</value>
    public long? TokenBudget { get; init; }

    /// <value>Answers the agent's requests for permission; called one at a time, while the turn waits. Null means that nobody answers, so that what
    /// would need an answer is denied.</value>
    public Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>>? OnPermission { get; init; }
}
