using System.Text.Json;

namespace Stateroom;

/// <summary>An AI that answers prompts by working in a room.</summary>
public interface IAgent
{
    /// <summary>The name that <see cref="AgentOptions.Name"/> chooses it by.</summary>
    string Name { get; }

    /// <summary>Throws if the agent cannot work with this configuration. Called before anything is recorded.</summary>
    /// <param name="options">The configuration.</param>
    /// <exception cref="AgentConfigurationException">Something is missing, such as an API key; the message says what to set.</exception>
    void CheckConfiguration(AgentOptions options);

    /// <summary>Runs one turn: from the user's prompt, the last message of the conversation, to the final answer.</summary>
    /// <param name="turn">The session as the agent sees it.</param>
    /// <param name="cancellationToken">Interrupts the turn.</param>
    /// <returns>The events, the last of them a <see cref="TurnCompleted"/>. A stream that ends without one is a failed turn.</returns>
    IAsyncEnumerable<TurnEvent> RunTurnAsync(AgentTurn turn, CancellationToken cancellationToken = default);
}

/// <summary>What an agent has to work with in one turn.</summary>
public sealed class AgentTurn
{
    /// <summary>The session's id.</summary>
    public required string SessionId { get; init; }

    /// <summary>The room. Execs and shells opened here are counted in the session.</summary>
    public required ISandbox Sandbox { get; init; }

    /// <summary>The session's files, read and written by the host and counted as no command; null if this session does not give them.</summary>
    public ISessionFiles? Files { get; init; }

    /// <summary>The configuration, with the turn's own changes in place.</summary>
    public required AgentOptions Options { get; init; }

    /// <summary>The conversation, the prompt last.</summary>
    public required IReadOnlyList<SessionMessage> Messages { get; init; }

    /// <summary>Stores a message of the conversation: its role and its content blocks. It is on disk when the task completes.</summary>
    public required Func<string, JsonElement, CancellationToken, ValueTask<SessionMessage>> AppendMessageAsync { get; init; }

    /// <summary>Asks whether a tool may be called: by the session's rules and mode, and where those leave it open by the user's answer. The events
    /// about it are told here, not by the agent. It never throws for a denial.</summary>
    public required Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>> RequestPermissionAsync { get; init; }

    /// <summary>What the agent saved in an earlier turn of this session; null if nothing. It is gone when the conversation is cleared.</summary>
    public JsonElement? State { get; init; }

    /// <summary>Saves what the agent needs in a later turn, in place of <see cref="State"/>. It is on disk, out of the room's reach, when the task completes.</summary>
    public required Func<JsonElement, CancellationToken, ValueTask> SaveStateAsync { get; init; }
}
