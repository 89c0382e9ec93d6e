using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn.Tools;

namespace Stateroom.Agents.BuiltIn;

/// <summary>
/// Our own agent: a loop over any <see cref="IChatClient"/> with tools that act in the room and nowhere else. The loop runs on the host, so no
/// credential enters the room. One instance serves many sessions at a time; what it needs to know of a conversation it reads from its messages.
/// </summary>
public sealed class BuiltInAgent : IAgent
{
    private readonly BuiltInAgentOptions _options;
    private readonly AnthropicModel _anthropic;
    private readonly RoomShells _shells = new();

    /// <summary>Makes the agent. Nothing is checked or connected before the first turn.</summary>
    /// <param name="options">Null means the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number in the options is out of its range.</exception>
    public BuiltInAgent(BuiltInAgentOptions? options = null)
    {
        _options = options ?? new BuiltInAgentOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.ContextTokens, BuiltInAgentOptions.LeastContextTokens, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxOutputTokens, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MaxRetries, nameof(options));
        _anthropic = new AnthropicModel(_options);
    }

    /// <inheritdoc/>
    public string Name => AgentOptions.BuiltIn;

    /// <inheritdoc/>
    public void CheckConfiguration(AgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.MaxTurns < 1)
            throw new AgentConfigurationException($"The most turns of the agent are {options.MaxTurns}; set at least 1.");
        if (options.Model is { } model && string.IsNullOrWhiteSpace(model))
            throw new AgentConfigurationException("The name of the model is empty; name one, or leave it out for the default.");
        if (options.TokenBudget < 1)
            throw new AgentConfigurationException($"The token budget of the agent is {options.TokenBudget}; set at least 1.");
        if (options.McpConfiguration is not null)
            throw new AgentConfigurationException("The builtin agent has no MCP client: leave McpConfiguration out, or choose another agent.");
        RoomTools.CheckNames(options);
        if (_options.ChatClientFactory is null)
            _anthropic.Check();
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TurnEvent> RunTurnAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(turn);
        CheckConfiguration(turn.Options);
        var credential = _options.ChatClientFactory is null ? await _anthropic.FindCredentialAsync(cancellationToken).ConfigureAwait(false) : null;
        var model = credential is null ? new ModelConnection(_options.ChatClientFactory!(turn.Options)) : _anthropic.Connect(credential);
        var project = await ProjectInstructions.ReadAsync(turn.Files, cancellationToken).ConfigureAwait(false);
        var run = new BuiltInTurn(model, turn, _shells, _options, project, text => _anthropic.Redact(text, credential));
        await foreach (var item in run.RunAsync(cancellationToken).ConfigureAwait(false))
            yield return item;
    }
}
