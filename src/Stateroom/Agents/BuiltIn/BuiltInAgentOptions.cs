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

    /// <summary>The least value of <see cref="ContextTokens"/>.</summary>
    internal const int LeastContextTokens = 1000;

    /// <value>How many tokens the model takes in, from 1,000 up. When a conversation fills 80 % of it, or the provider says that it is too long, what came before
    /// the newest prompt is summarised by one more request. The default is 200,000.</value>
    public int ContextTokens { get; init; } = 200_000;

    /// <value>How often one request to the model is tried again after a connection error, a reply that broke off, or HTTP status 408, 409, 429 or 5xx, while
    /// nothing of the answer was shown. From 0 up; the default is 4: with waits of about 1, 2, 4 and 8 s in between, or as long as the provider says
    /// (<c>Retry-After</c>), each at most 60 s. A <see cref="Notice"/> tells of each.</value>
    public int MaxRetries { get; init; } = 4;

    /// <value>What models cost, by the name in <see cref="AgentOptions.Model"/>. The cost of a turn with a model that is not here is not known. Empty by default.</value>
    public IReadOnlyDictionary<string, ModelPrice> Prices { get; init; } = new Dictionary<string, ModelPrice>(StringComparer.Ordinal);

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
