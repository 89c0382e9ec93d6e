using Microsoft.Extensions.Logging;
using Stateroom.Agents.Credentials;
using Stateroom.Network;

namespace Stateroom;

/// <summary>How sessions on this host are kept.</summary>
public sealed record StateroomLocalOptions
{
    /// <value>The directory beneath which everything lies. Null, the default, means the environment variable <c>STATEROOM_HOME</c>, else
    /// <c>/var/lib/stateroom</c> for root and <c>~/.stateroom</c> for everybody else.</value>
    public string? HomeDirectory { get; init; }

    /// <value>The clock. The default is the system's.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <value>The runtimes that <see cref="SandboxOptions.Runtime"/> chooses from by <see cref="ISandboxRuntime.Name"/>. Null, the default, means
    /// <c>bubblewrap</c> in <see cref="HomeDirectory"/>.</value>
    public IReadOnlyList<ISandboxRuntime>? Runtimes { get; init; }

    /// <value>Gives the credential of the model, asked at the start of each turn; it stays on the host. Null, or a function that gives null, means the
    /// environment: ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, or for <c>claude-code</c> CLAUDE_CODE_OAUTH_TOKEN; and then what <c>stateroom agent key</c>
    /// stored in <see cref="HomeDirectory"/>. The default is null. Agents of <see cref="Agents"/> bring their own.</value>
    public Func<CancellationToken, ValueTask<ModelCredential?>>? Credential { get; init; }

    /// <value>The agents that <see cref="AgentOptions.Name"/> chooses from. Null, the default, means <c>builtin</c>.</value>
    public IReadOnlyDictionary<string, IAgent>? Agents { get; init; }

    /// <summary>What the proxies of rooms use of this host's network. Tests alone change it.</summary>
    internal NetworkAccess NetworkAccess { get; init; } = NetworkAccess.Real;

    /// <value>Where turns are logged, in the category <c>Stateroom</c>: their end as information, what happens in them at level debug, with the session's
    /// id, without prompts, answers, arguments or credentials. Null, the default, means nowhere; in a container, the container's own.</value>
    public ILoggerFactory? LoggerFactory { get; init; }
}
