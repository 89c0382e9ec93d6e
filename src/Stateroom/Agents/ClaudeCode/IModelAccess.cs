using Stateroom.Agents.Broker;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>The way from a room to the model, open for one turn.</summary>
internal interface IModelAccess : IAsyncDisposable
{
    /// <summary>What the room sees as the provider's address.</summary>
    Uri Address { get; }

    /// <summary>Tokens that the turn's requests have read, cached ones included, as the provider told them; null if it told none.</summary>
    long? InputTokens { get; }

    /// <summary>Tokens that were written; null if the provider told none.</summary>
    long? OutputTokens { get; }

    /// <summary>Whether a request was refused because the turn's budget was used up.</summary>
    bool IsOverBudget { get; }

    /// <summary>The provider's newest answer that was none; null if there was none.</summary>
    BrokerFailure? Failure { get; }
}
