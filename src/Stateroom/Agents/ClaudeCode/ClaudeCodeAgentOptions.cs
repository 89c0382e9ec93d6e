using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>How the Claude Code command line is run.</summary>
public sealed record ClaudeCodeAgentOptions
{
    /// <value>How often the command line tries a request to the model again after a failure that may pass. From 0 to 10; the default is 4.</value>
    public int MaxRetries { get; init; } = 4;

    /// <value>How long it may take to come up, to answer a request about itself, and to stop when it is interrupted, before it is ended. The default is
    /// 60 s, for it is a program of 360 MB that a slow disk has to bring in.</value>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>Where the credential comes from; null means the environment alone.</value>
    internal ModelCredentialSource? Credentials { get; init; }

    /// <value>The program inside of the room. Null, the default, means the installed one of the pinned version.</value>
    internal string? Program { get; init; }

    /// <value>Opens the way to the model for a turn; tests set it.</value>
    internal Func<AgentTurn, CancellationToken, Task<IModelAccess>>? OpenAccess { get; init; }
}
