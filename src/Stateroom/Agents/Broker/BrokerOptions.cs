using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.Broker;

/// <summary>How a <see cref="ModelBroker"/> reaches the provider.</summary>
internal sealed record BrokerOptions
{
    /// <value>The agent that it serves, for messages.</value>
    public string Agent { get; init; } = AgentOptions.ClaudeCode;

    /// <value>Where the credential is found, at the start of each turn.</value>
    public required ModelCredentialSource Credentials { get; init; }

    /// <value>Whether the agent may use the token of a subscription.</value>
    public bool TakesSubscription { get; init; } = true;

    /// <value>Beginnings of the types of tools that the provider runs and the session has all the same, such as <c>web_search_</c>. Empty by default.</value>
    public IReadOnlyList<string> ProviderTools { get; init; } = [];

    /// <value>The API's address. A path in it comes before that of the request; a query does not count.</value>
    public Uri Upstream { get; init; } = new("https://api.anthropic.com");

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <value>How long the provider may be silent, before its answer and within it. The default is 10 minutes.</value>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>The most bytes of one request's body. The default is 32 MiB, as the Messages API takes.</value>
    public long MostRequestBytes { get; init; } = 32 * 1024 * 1024;

    /// <value>How long a room may take for the whole body of one request. The default is 60 s: the way is within this host.</value>
    public TimeSpan BodyLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>What the bodies of requests take their memory from. The default is that of the process.</value>
    public BodyMemory Memory { get; init; } = BodyMemory.OfProcess;

    /// <value>The most connections at a time; more wait to be accepted. The default is 64.</value>
    public int MostConnections { get; init; } = 64;
}
