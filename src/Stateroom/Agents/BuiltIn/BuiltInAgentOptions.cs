using Microsoft.Extensions.AI;
using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.BuiltIn;

/// <summary>How the builtin agent reaches its model.</summary>
public sealed record BuiltInAgentOptions
{
    /// <value>Makes the client for a turn; called at its start with the session's configuration. The agent does not dispose what it returns, so
    /// one client may serve all turns. Null, the default, means Anthropic's official client with the members below.</value>
    public Func<AgentOptions, IChatClient>? ChatClientFactory { get; init; }

    /// <value>Key for Anthropic's API. Null, the default, means at each turn the first of: <see cref="StateroomLocalOptions.Credential"/>,
    /// ANTHROPIC_API_KEY, the bearer token in ANTHROPIC_AUTH_TOKEN, and what <c>stateroom agent key</c> stored. It stays on the host.</value>
    public string? ApiKey { get; init; }

    /// <value>Where the API is. Null, the default, means ANTHROPIC_BASE_URL, else Anthropic's own address.</value>
    public Uri? BaseAddress { get; init; }

    /// <value>The model of sessions that name none. The default is <c>claude-opus-5-5</c>.</value>
    public string DefaultModel { get; init; } = "claude-opus-5-5";

    /// <value>The most tokens of one reply, from 1 up; a reply that reaches it fails, or has its tool calls refused. The default is 32,000.</value>
    public int MaxOutputTokens { get; init; } = 32_000;

    /// <value>How often one request to the model is tried again after a connection error or HTTP status 408, 409, 429 or 5xx, while nothing of the
    /// reply was shown. From 0 up; the default is 4: with waits of 1, 2, 4 and 8 s in between.</value>
    public int MaxRetries { get; init; } = 4;

    /// <value>Time for one request to the model from its start to the end of the reply; one that takes longer fails the turn. The default is
    /// 10 minutes.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>The clock. Null, the default, means the system's.</value>
    public TimeProvider? Time { get; init; }

    /// <value>Where the credential is found if <see cref="ApiKey"/> is null; the sessions of a host set it. Null means the environment and the default home.</value>
    internal ModelCredentialSource? Credentials { get; init; }

    /// <value>Where environment variables are looked up; tests set it.</value>
    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The address and the model: a record would print the key as well.</summary>
    public override string ToString() => $"{nameof(BuiltInAgentOptions)} {{ BaseAddress = {BaseAddress}, DefaultModel = {DefaultModel} }}";
}
