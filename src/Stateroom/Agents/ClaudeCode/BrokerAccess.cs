using Stateroom.Agents.Broker;
using Stateroom.Network;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>The way from a room to the model: a broker on a port of the room's loopback, for one turn. Between turns connections are refused there.</summary>
internal sealed class BrokerAccess : IModelAccess
{
    private readonly ModelBroker _broker;
    private readonly BrokerTurn _turn;

    private BrokerAccess(ModelBroker broker, BrokerTurn turn) => (_broker, _turn) = (broker, turn);

    public Uri Address { get; } = new($"http://127.0.0.1:{RoomPorts.Broker}");

    public long? InputTokens => _turn.Usage is { Requests: > 0 } usage ? usage.InputTokens : null;

    public long? OutputTokens => _turn.Usage is { Requests: > 0 } usage ? usage.OutputTokens : null;

    public bool IsOverBudget => _turn.IsBudgetUsedUp;

    public BrokerFailure? Failure => _turn.LastFailure;

    /// <exception cref="AgentConfigurationException">There is no credential, or this kind of sandbox cannot be listened in.</exception>
    public static async Task<IModelAccess> OpenAsync(AgentTurn turn, BrokerOptions options, CancellationToken cancellationToken)
    {
        if (turn.Sandbox is not IListeningSandbox sandbox)
            throw new AgentConfigurationException($"The agent '{AgentOptions.ClaudeCode}' reaches its model through the host, which the runtime '{turn.Sandbox.Runtime}' does not offer. Use another runtime or agent.");
        var broker = new ModelBroker(await sandbox.ListenAsync(RoomPorts.Broker, cancellationToken).ConfigureAwait(false), options);
        try
        {
            return new BrokerAccess(broker, await broker.BeginTurnAsync(turn.Options.TokenBudget, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _turn.Dispose();
        await _broker.DisposeAsync().ConfigureAwait(false);
    }
}
