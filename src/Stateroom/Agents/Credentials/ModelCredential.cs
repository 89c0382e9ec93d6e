using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json.Serialization;

namespace Stateroom.Agents.Credentials;

/// <summary>What kind of secret opens the model's API.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelCredentialKind>))]
public enum ModelCredentialKind
{
    /// <summary>An API key, sent as <c>x-api-key</c>.</summary>
    [JsonStringEnumMemberName("api-key")] ApiKey,

    /// <summary>A bearer token, as gateways take it, sent as <c>authorization</c>.</summary>
    [JsonStringEnumMemberName("bearer")] Bearer,

    /// <summary>The token of a Claude subscription (<c>claude setup-token</c>). Only the agent <c>claude-code</c> takes it.</summary>
    [JsonStringEnumMemberName("subscription")] Subscription,
}

/// <summary>A secret that opens the model's API. It stays on the host and does not show its value.</summary>
public sealed class ModelCredential
{
    // What a subscription's requests name besides (the Messages API's anthropic-beta header).
    private const string SubscriptionBeta = "oauth-2025-04-20", BetaHeader = "anthropic-beta";
    private const int MostCharacters = 8 * 1024;

    // Visible ASCII, without what JSON writes in two ways: so it is found wherever it must be taken out.
    private static readonly SearchValues<char> Characters =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c is not ('"' or '\\'))]);

    /// <summary>Makes a credential.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="value">The secret: 1 to 8,192 visible ASCII characters, no blanks, quotation marks or backslashes.</param>
    /// <exception cref="ArgumentException">The value breaks that rule. The message does not show it.</exception>
    public ModelCredential(ModelCredentialKind kind, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!IsValid(value)) throw new ArgumentException($"A credential is 1 to {MostCharacters} visible ASCII characters without blanks, quotation marks or backslashes.", nameof(value));
        (Kind, Value) = (kind, value);
    }

    /// <summary>Its kind.</summary>
    public ModelCredentialKind Kind { get; }

    /// <summary>The secret.</summary>
    internal string Value { get; }

    /// <summary>The kind alone.</summary>
    public override string ToString() => $"{Kind} {Redaction.Mark}";

    internal static bool IsValid(string value) => value.Length is > 0 and <= MostCharacters && value.AsSpan().IndexOfAnyExcept(Characters) < 0;

    /// <summary>Puts the credential on a request that carries none.</summary>
    internal void AddTo(HttpRequestHeaders headers)
    {
        if (Kind == ModelCredentialKind.ApiKey)
        {
            headers.TryAddWithoutValidation("x-api-key", Value);
            return;
        }
        headers.TryAddWithoutValidation("authorization", $"Bearer {Value}");
        if (Kind != ModelCredentialKind.Subscription) return;
        var betas = headers.TryGetValues(BetaHeader, out var given)
            ? given.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList()
            : [];
        if (!betas.Contains(SubscriptionBeta)) betas.Add(SubscriptionBeta);
        headers.Remove(BetaHeader);
        headers.TryAddWithoutValidation(BetaHeader, string.Join(',', betas));
    }

    /// <summary>Takes the secret out of a text that came from elsewhere.</summary>
    internal string Redact(string text) => Redaction.Remove(text, Value);
}
