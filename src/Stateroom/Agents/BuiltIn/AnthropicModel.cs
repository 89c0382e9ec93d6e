using Anthropic;
using Anthropic.Core;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>The default client: Anthropic's official one, configured by the options and the environment.</summary>
internal sealed class AnthropicModel(BuiltInAgentOptions options)
{
    private const string KeyVariable = "ANTHROPIC_API_KEY", TokenVariable = "ANTHROPIC_AUTH_TOKEN", AddressVariable = "ANTHROPIC_BASE_URL";

    // Connections are shared by all agents of the process. The time limit is the client's own.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(10) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public void Check()
    {
        if (ApiKey is null && Token is null)
            throw new AgentConfigurationException(
                $"The builtin agent has no credentials for its model. Set {KeyVariable} to an API key (or {TokenVariable} to a bearer token).");
        _ = Address;
    }

    public IChatClient Connect()
    {
        var client = new AnthropicClient
        {
            ApiKey = ApiKey,
            AuthToken = ApiKey is null ? Token : null,
            BaseUrl = Address?.AbsoluteUri.TrimEnd('/') ?? EnvironmentUrl.Production,
            HttpClient = Http,
            // Retries are ours: they follow our clock, and nobody waits twice.
            MaxRetries = 0,
            Timeout = options.RequestTimeout,
        };
        return client.AsIChatClient(options.DefaultModel, options.MaxOutputTokens);
    }

    /// <summary>Takes our credentials out of a text that came from elsewhere.</summary>
    public string Redact(string text)
    {
        foreach (var secret in (ReadOnlySpan<string?>)[ApiKey, Token])
            if (secret is { Length: > 0 })
                text = text.Replace(secret, "[credential]", StringComparison.Ordinal);
        return text;
    }

    private string? ApiKey => NotEmpty(options.ApiKey) ?? NotEmpty(options.Environment(KeyVariable));

    private string? Token => NotEmpty(options.Environment(TokenVariable));

    private Uri? Address
    {
        get
        {
            if (options.BaseAddress is { } given)
                return given;
            if (NotEmpty(options.Environment(AddressVariable)) is not { } text)
                return null;
            return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? uri
                : throw new AgentConfigurationException($"{AddressVariable} is not an http or https address: '{text}'. Correct it, or unset it for the default.");
        }
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
