namespace Stateroom;

/// <summary>Which agent answers, and how. Kept with the session.</summary>
public sealed record AgentOptions
{
    /// <summary>The name of our own agent.</summary>
    public const string BuiltIn = "builtin";

    /// <value>The agent's name. The default is <see cref="BuiltIn"/>.</value>
    public string Name { get; init; } = BuiltIn;

    /// <value>The model's name as the provider knows it. Null means the agent's default.</value>
    public string? Model { get; init; }

    /// <value>Instructions that come before the conversation. Null means none beyond the agent's own.</value>
    public string? SystemPrompt { get; init; }

    /// <value>The most requests to the model in one turn, from 1 up. The default is 50.</value>
    public int MaxTurns { get; init; } = 50;
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
}
