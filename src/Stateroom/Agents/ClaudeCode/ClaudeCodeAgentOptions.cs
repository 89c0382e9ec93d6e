using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>How the Claude Code command line is run.</summary>
public sealed record ClaudeCodeAgentOptions
{
    /// <value>Key for Anthropic's API. Null, the default, means the host's credential: the option Credential, ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN,
    /// CLAUDE_CODE_OAUTH_TOKEN, or the stored one. It stays on the host: the room's requests get it there.</value>
    public string? ApiKey { get; init; }

    /// <value>Where the API is. Null, the default, means ANTHROPIC_BASE_URL, else Anthropic's own address.</value>
    public Uri? BaseAddress { get; init; }

    /// <value>How often the command line tries a request to the model again after a failure that may pass. From 0 to 10; the default is 4.</value>
    public int MaxRetries { get; init; } = 4;

    /// <value>How long it may take to come up, to answer a request about itself, and to stop when it is interrupted, before it is ended. The default is
    /// 60 s, for it is a program of 360 MB that a slow disk has to bring in.</value>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <value>Where the credential comes from when no key is given; null means the environment and the default home.</value>
    internal ModelCredentialSource? Credentials { get; init; }

    /// <value>Whether the program is installed in the home of the host that this agent belongs to; null if it belongs to none, so that its first turn shows.</value>
    internal Func<bool>? IsInstalled { get; init; }

    /// <value>The program inside of the room. Null, the default, means the installed one of the pinned version.</value>
    internal string? Program { get; init; }

    /// <value>Where environment variables are looked up; tests set it.</value>
    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>The address alone: a record would print the key as well.</summary>
    public override string ToString() => $"{nameof(ClaudeCodeAgentOptions)} {{ BaseAddress = {BaseAddress} }}";
}
