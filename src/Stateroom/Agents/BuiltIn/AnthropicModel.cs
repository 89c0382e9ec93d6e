using System.Globalization;
using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;
using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.BuiltIn;

/// <summary>The default client: Anthropic's official one, configured by the options and the environment.</summary>
internal sealed class AnthropicModel(BuiltInAgentOptions options)
{
    // Connections are shared by all agents of the process.
    private static readonly SocketsHttpHandler Connections = new() { PooledConnectionLifetime = TimeSpan.FromMinutes(10) };

    private readonly ModelCredentialSource _credentials = options.Credentials ?? ModelCredentialSource.OfDefaultHome() with { Environment = options.Environment };

    public void Check()
    {
        Credentials.Check(AgentOptions.BuiltIn, takesSubscription: false);
        _ = Address;
    }

    /// <summary>Finds the credential for one turn.</summary>
    /// <exception cref="AgentConfigurationException">There is none; says what to set.</exception>
    public ValueTask<FoundCredential> FindCredentialAsync(CancellationToken cancellationToken) =>
        Credentials.FindAsync(AgentOptions.BuiltIn, takesSubscription: false, cancellationToken);

    public ModelConnection Connect(FoundCredential found)
    {
        var (credential, source) = found;
        var retryAfter = new RetryAfter();
        var client = new AnthropicClient
        {
            ApiKey = credential.Kind == ModelCredentialKind.ApiKey ? credential.Value : null,
            AuthToken = credential.Kind == ModelCredentialKind.Bearer ? credential.Value : null,
            BaseUrl = Address?.AbsoluteUri.TrimEnd('/') ?? EnvironmentUrl.Production,
            HttpClient = retryAfter.Listen(Connections),
            // Retries are ours: they follow our clock, and nobody waits twice.
            MaxRetries = 0,
            Timeout = options.RequestTimeout,
        };
        return new ModelConnection(client.AsIChatClient(options.DefaultModel, options.MaxOutputTokens), retryAfter, Path.GetFileName(source), SaysItsEnd: true, Describe(new Uri(client.BaseUrl)));
    }

    /// <summary>Takes credentials out of a text that came from elsewhere: ours, and those of the environment, which a client of another may use.</summary>
    public string Redact(string text, FoundCredential? found) => _credentials.Redact(Redaction.Remove(text, found?.Credential.Value, options.ApiKey));

    private ModelCredentialSource Credentials => _credentials with { Given = ModelCredentialSource.OfOption(options.ApiKey) };

    // Host and port alone: the rest of an address may hold a secret.
    private string Describe(Uri address)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"{address.IdnHost}:{address.Port}");
        return options.BaseAddress is not null ? $"{where}, named by the option {nameof(BuiltInAgentOptions.BaseAddress)}"
            : Address is not null ? $"{where}, named by {ModelAddress.Variable}" : where;
    }

    private Uri? Address => options.BaseAddress ?? ModelAddress.Find(options.Environment);
}
