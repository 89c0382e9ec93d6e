using Stateroom.Agents.BuiltIn;
using Stateroom.Agents.Credentials;

namespace Stateroom.Tests.Agents.Credentials;

public sealed class ModelCredentialSourceTests : IDisposable
{
    private readonly TempHome _home = new();
    private readonly Dictionary<string, string> _environment = [];

    private string File => Path.Combine(_home.Path, "credentials.json");

    private ModelCredentialSource Source => new() { Environment = name => _environment.GetValueOrDefault(name), File = File };

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_callback_comes_first_then_the_environment_and_last_the_file()
    {
        Store("""{"kind":"subscription","value":"from-file"}""");
        Assert.Equal(("from-file", ModelCredentialKind.Subscription, File), await FindAsync(Source));
        _environment["CLAUDE_CODE_OAUTH_TOKEN"] = "oauth";
        Assert.Equal(("oauth", ModelCredentialKind.Subscription, "CLAUDE_CODE_OAUTH_TOKEN"), await FindAsync(Source));
        _environment["ANTHROPIC_AUTH_TOKEN"] = " token\n";
        Assert.Equal(("token", ModelCredentialKind.Bearer, "ANTHROPIC_AUTH_TOKEN"), await FindAsync(Source));
        _environment["ANTHROPIC_API_KEY"] = "key";
        Assert.Equal(("key", ModelCredentialKind.ApiKey, "ANTHROPIC_API_KEY"), await FindAsync(Source));
        Assert.Equal("ANTHROPIC_API_KEY", Source.Locate(takesSubscription: false));

        var calls = 0;
        var asked = Source with { Callback = _ => ValueTask.FromResult<ModelCredential?>(new(ModelCredentialKind.ApiKey, $"called-{++calls}")) };
        Assert.Equal("called-1", (await FindAsync(asked)).Value);
        Assert.Equal("called-2", (await FindAsync(asked)).Value);
        Assert.Equal("the option Credential", asked.Locate(takesSubscription: false));
        Assert.Equal("key", (await FindAsync(Source with { Callback = _ => ValueTask.FromResult<ModelCredential?>(null) })).Value);
    }

    [Fact]
    public async Task A_subscriptions_token_is_passed_over_by_agents_that_cannot_use_it()
    {
        _environment["CLAUDE_CODE_OAUTH_TOKEN"] = "oauth-token";
        Store("""{"kind":"api-key","value":"stored"}""");
        Assert.Equal(("stored", ModelCredentialKind.ApiKey, File), await FindAsync(Source, takesSubscription: false));

        Store("""{"kind":"subscription","value":"stored-subscription"}""");
        var missing = await Assert.ThrowsAsync<AgentConfigurationException>(() => FindAsync(Source, takesSubscription: false));
        Assert.Contains("claude-code", missing.Message, StringComparison.Ordinal);
        Assert.Contains("ANTHROPIC_API_KEY", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("CLAUDE_CODE_OAUTH_TOKEN to", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("oauth-token", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("stored-subscription", missing.Message, StringComparison.Ordinal);
        Assert.Null(Source.Locate(takesSubscription: false));
    }

    [Fact]
    public void Without_any_the_error_says_what_to_set()
    {
        var missing = Assert.Throws<AgentConfigurationException>(() => Source.Check("claude-code", takesSubscription: true));
        Assert.All(["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "stateroom agent key"], place => Assert.Contains(place, missing.Message, StringComparison.Ordinal));
        Assert.Null(Source.Locate(takesSubscription: true));
        // It may still give one: that is known when it is asked.
        (Source with { Callback = _ => ValueTask.FromResult<ModelCredential?>(null) }).Check("claude-code", takesSubscription: true);
    }

    [Fact]
    public void A_variable_that_cannot_be_a_credential_is_named_and_not_shown()
    {
        _environment["ANTHROPIC_API_KEY"] = "pasted with\nblanks";
        var refused = Assert.Throws<AgentConfigurationException>(() => Source.Check("builtin", takesSubscription: false));
        Assert.Contains("ANTHROPIC_API_KEY", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pasted", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_builtin_agent_uses_the_same_places()
    {
        var agent = new BuiltInAgent(new BuiltInAgentOptions { Credentials = Source });
        Assert.Throws<AgentConfigurationException>(() => agent.CheckConfiguration(new AgentOptions()));
        Store("""{"kind":"bearer","value":"stored"}""");
        agent.CheckConfiguration(new AgentOptions());
    }

    private static async Task<(string Value, ModelCredentialKind Kind, string Where)> FindAsync(ModelCredentialSource source, bool takesSubscription = true)
    {
        var (credential, where) = await source.FindAsync("some", takesSubscription, CancellationToken.None);
        return (credential.Value, credential.Kind, where);
    }

    private void Store(string json)
    {
        System.IO.File.WriteAllBytes(File, System.Text.Encoding.UTF8.GetBytes(json));
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
