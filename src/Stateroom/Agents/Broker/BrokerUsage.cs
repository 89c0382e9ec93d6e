namespace Stateroom.Agents.Broker;

/// <summary>What a turn has used so far.</summary>
/// <param name="InputTokens">Tokens read, cached ones included.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="Requests">Requests for messages that were passed on.</param>
/// <param name="TimeToFirstByte">From the first request to the first byte of its answer; null before that.</param>
internal sealed record BrokerUsage(long InputTokens, long OutputTokens, int Requests, TimeSpan? TimeToFirstByte)
{
    public long Tokens => InputTokens + OutputTokens;
}

/// <summary>An answer of the provider that was none, as the room was told of it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Message">The reason, without the credential.</param>
/// <param name="CredentialFrom">Where the credential came from that was used.</param>
internal sealed record BrokerFailure(int Status, string Message, string CredentialFrom);

/// <summary>The tokens of one request.</summary>
internal readonly record struct TokenCount(long Input, long Output);
