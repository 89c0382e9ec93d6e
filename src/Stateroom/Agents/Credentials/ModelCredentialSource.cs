using Stateroom.Sessions;

namespace Stateroom.Agents.Credentials;

/// <summary>A credential and where it was found, for messages.</summary>
internal sealed record FoundCredential(ModelCredential Credential, string Where);

/// <summary>Where agents find the credential of their model: the host's callback, then the environment, then credentials.json.</summary>
internal sealed record ModelCredentialSource
{
    public const string KeyVariable = "ANTHROPIC_API_KEY", TokenVariable = "ANTHROPIC_AUTH_TOKEN", SubscriptionVariable = "CLAUDE_CODE_OAUTH_TOKEN";

    private static readonly (string Name, ModelCredentialKind Kind)[] Variables =
        [(KeyVariable, ModelCredentialKind.ApiKey), (TokenVariable, ModelCredentialKind.Bearer), (SubscriptionVariable, ModelCredentialKind.Subscription)];

    /// <value>A credential that was given; then no other place is looked at. Null, the default, means none.</value>
    public FoundCredential? Given { get; init; }

    /// <value>Asked first, each time; null goes on to the next place.</value>
    public Func<CancellationToken, ValueTask<ModelCredential?>>? Callback { get; init; }

    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <value>Path of credentials.json; null means that there is none.</value>
    public string? File { get; init; }

    /// <summary>The source of an agent that was made outside of any home: the file is that of the default home.</summary>
    public static ModelCredentialSource OfDefaultHome() => new() { File = HomeSetup.TryDefaultHome() is { } home ? new HomeLayout(home).Credentials : null };

    /// <summary>The credential of an agent's own option; null if it is left open.</summary>
    /// <exception cref="AgentConfigurationException">It cannot be a key. The message does not show it.</exception>
    public static FoundCredential? OfOption(string? apiKey) => string.IsNullOrWhiteSpace(apiKey) ? null
        : ModelCredential.IsValid(apiKey.Trim()) ? new FoundCredential(new ModelCredential(ModelCredentialKind.ApiKey, apiKey.Trim()), "ApiKey")
        : throw new AgentConfigurationException("The option ApiKey is what cannot be a key: it has blanks, control characters, quotation marks or letters beyond ASCII.");

    /// <summary>Finds the credential for an agent.</summary>
    /// <param name="agent">Its name.</param>
    /// <param name="takesSubscription">Whether it may use the token of a subscription.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="AgentConfigurationException">There is none, or it cannot be used; says what to set.</exception>
    public async ValueTask<FoundCredential> FindAsync(string agent, bool takesSubscription, CancellationToken cancellationToken)
    {
        if (Given is not null) return Given;
        string? passedOver = null;
        if (Callback is not null && await Callback(cancellationToken).ConfigureAwait(false) is { } given)
        {
            if (IsTaken(given, takesSubscription)) return new FoundCredential(given, "the option Credential");
            passedOver = "the option Credential";
        }
        return FindHere(takesSubscription, ref passedOver) ?? throw Missing(agent, takesSubscription, passedOver);
    }

    /// <summary>Says before any work that a credential is missing, as far as that is known without asking the callback.</summary>
    /// <exception cref="AgentConfigurationException">There is none, or it cannot be used; says what to set.</exception>
    public void Check(string agent, bool takesSubscription)
    {
        if (Given is not null || Callback is not null) return;
        string? passedOver = null;
        if (FindHere(takesSubscription, ref passedOver) is null) throw Missing(agent, takesSubscription, passedOver);
    }

    /// <summary>Where an agent's credential would come from; null if from nowhere.</summary>
    /// <exception cref="AgentConfigurationException">It cannot be used; says why.</exception>
    public string? Locate(bool takesSubscription)
    {
        string? passedOver = null;
        return Given is not null ? Given.Where : Callback is not null ? "the option Credential" : FindHere(takesSubscription, ref passedOver)?.Where;
    }

    /// <summary>Takes what the environment holds out of a text that came from elsewhere.</summary>
    public string Redact(string text) => Redaction.Remove(text, [.. Variables.Select(variable => Trimmed(variable.Name))]);

    private FoundCredential? FindHere(bool takesSubscription, ref string? passedOver)
    {
        foreach (var (name, kind) in Variables)
        {
            if (Trimmed(name) is not { } value) continue;
            if (!ModelCredential.IsValid(value)) throw new AgentConfigurationException($"{name} is set to what cannot be a credential: blanks, control characters, quotation marks or letters beyond ASCII. Set it anew.");
            var credential = new ModelCredential(kind, value);
            if (IsTaken(credential, takesSubscription)) return new FoundCredential(credential, name);
            passedOver = name;
        }
        if (File is null || CredentialFile.TryRead(File) is not { } stored) return null;
        if (IsTaken(stored, takesSubscription)) return new FoundCredential(stored, File);
        passedOver = File;
        return null;
    }

    private static bool IsTaken(ModelCredential credential, bool takesSubscription) => takesSubscription || credential.Kind != ModelCredentialKind.Subscription;

    private static AgentConfigurationException Missing(string agent, bool takesSubscription, string? passedOver)
    {
        var subscription = takesSubscription ? $", or {SubscriptionVariable} to a subscription's token" : "";
        var note = passedOver is null ? "" : $" The subscription's token of {passedOver} serves the agent '{AgentOptions.ClaudeCode}' alone.";
        return new AgentConfigurationException(
            $"The {agent} agent has no credentials for its model. Set {KeyVariable} to an API key (or {TokenVariable} to a bearer token{subscription}), or store one with 'stateroom agent key'.{note}");
    }

    private string? Trimmed(string variable) => Environment(variable) is { } text && !string.IsNullOrWhiteSpace(text) ? text.Trim() : null;
}
