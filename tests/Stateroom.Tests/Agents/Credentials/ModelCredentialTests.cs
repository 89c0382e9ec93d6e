using System.Text.Json;
using Stateroom.Agents.Credentials;

namespace Stateroom.Tests.Agents.Credentials;

public sealed class ModelCredentialTests
{
    private const string Secret = "sk-ant-0123456789-abcdefghijklmnop";

    [Theory]
    [InlineData(ModelCredentialKind.ApiKey, "x-api-key", Secret, null)]
    [InlineData(ModelCredentialKind.Bearer, "authorization", "Bearer " + Secret, null)]
    [InlineData(ModelCredentialKind.Subscription, "authorization", "Bearer " + Secret, "oauth-2025-04-20")]
    public void Each_kind_goes_where_the_provider_looks_for_it(ModelCredentialKind kind, string header, string value, string? beta)
    {
        using var request = new HttpRequestMessage();
        new ModelCredential(kind, Secret).AddTo(request.Headers);
        Assert.Equal(value, Assert.Single(request.Headers.GetValues(header)));
        Assert.Equal(beta, request.Headers.TryGetValues("anthropic-beta", out var betas) ? betas.Single() : null);
        Assert.Equal(beta is null ? 1 : 2, request.Headers.Count());
    }

    [Theory]
    [InlineData("one,two", "one,two,oauth-2025-04-20")]
    [InlineData("one, oauth-2025-04-20 ,two", "one,oauth-2025-04-20,two")]
    [InlineData("", "oauth-2025-04-20")]
    public void A_subscription_joins_the_betas_that_the_request_names(string given, string sent)
    {
        using var request = new HttpRequestMessage();
        request.Headers.TryAddWithoutValidation("anthropic-beta", given);
        new ModelCredential(ModelCredentialKind.Subscription, Secret).AddTo(request.Headers);
        Assert.Equal(sent, Assert.Single(request.Headers.GetValues("anthropic-beta")));
    }

    [Fact]
    public void It_does_not_show_its_value()
    {
        var credential = new ModelCredential(ModelCredentialKind.ApiKey, Secret);
        Assert.DoesNotContain(Secret, credential.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(credential), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new FoundCredential(credential, "somewhere").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, new StoredCredential(ModelCredentialKind.ApiKey, Secret).ToString(), StringComparison.Ordinal);
        Assert.Equal("a [credential] b [credential]", credential.Redact($"a {Secret} b {Secret}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\r\nx-evil: 1")]
    [InlineData("k\u00e4y-of-the-house")]
    [InlineData("quo\"ted-secret")]
    [InlineData("back\\slashed")]
    public void What_cannot_be_a_header_is_refused_without_being_shown(string value)
    {
        var refused = Assert.Throws<ArgumentException>(() => new ModelCredential(ModelCredentialKind.Bearer, value));
        if (value.Length > 0) Assert.DoesNotContain(value, refused.Message, StringComparison.Ordinal);
    }
}
