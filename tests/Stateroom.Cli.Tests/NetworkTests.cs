namespace Stateroom.Cli.Tests;

/// <summary>What a room may reach, on the command line.</summary>
public sealed class NetworkTests
{
    [Fact]
    public async Task A_refused_connection_is_told_at_the_end_of_the_command_with_the_way_out_and_listed_by_session_network()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web", "--allow", "example.org", "--allow", "*.example.org:8443")).Succeeded();
        var run = await home.RunAsync("run", "web", "--", "curl -s -o /dev/null http://refused.example/ https://refused.example/; exit 3");
        Assert.Equal(3, run.ExitCode);
        Assert.Empty(run.Stdout);
        Assert.Contains("refused.example:80 refused: no rule of this session allows refused.example. A session that is to reach it is created with --allow refused.example", run.Stderr);
        Assert.Contains("refused.example:443 refused: ", run.Stderr);
        Assert.EndsWith("[network_refused]\n", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("network_refused", (await home.RunAsync("exec", "web", "--", "true")).Stderr);

        var listed = (await home.RunAsync("session", "network", "web")).Succeeded().Stdout;
        Assert.Equal(2, listed.TrimEnd('\n').Split('\n').Length);
        Assert.Contains("  refused.example:443 refused: ", listed);
        var json = (await home.RunAsync("session", "network", "web", "--json")).Succeeded().Json;
        Assert.Equal([("refused.example", 80, false), ("refused.example", 443, false)],
            json.EnumerateArray().Select(d => (d.GetProperty("host").GetString(), d.GetProperty("port").GetInt32(), d.GetProperty("is_allowed").GetBoolean())));
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_was_not_reached_and_not_refused()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web", "--allow", "no-such-host.invalid")).Succeeded();
        Assert.Equal("No connections.\n", (await home.RunAsync("session", "network", "web")).Succeeded().Stdout);
        var run = await home.RunAsync("run", "web", "--", "curl -s -o /dev/null http://no-such-host.invalid/; exit 3");
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("no-such-host.invalid:80 not reached: no-such-host.invalid cannot be resolved on the host: ", run.Stderr);
        Assert.EndsWith("[network_failed]\n", run.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", run.Stderr);
        Assert.Contains("no-such-host.invalid:80 not reached: ", (await home.RunAsync("session", "network", "web")).Succeeded().Stdout);
        var decision = Assert.Single((await home.RunAsync("session", "network", "web", "--json")).Succeeded().Json.EnumerateArray());
        Assert.True(decision.GetProperty("is_allowed").GetBoolean());
        Assert.Contains("cannot be resolved", decision.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_rule_that_cannot_be_is_a_mistake_and_nothing_is_created()
    {
        await using var home = new CliHome();
        foreach (var verb in (string[][])[["session", "start", "-n", "web"], ["code", "-s", "web", "hello"]])
        {
            home.Set("ANTHROPIC_API_KEY", "none");
            var result = await home.RunAsync([.. verb, "--allow", "https://example.org", "--allow", "10.0.0.1"]);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("'https://example.org' is a URL", result.Stderr);
            Assert.Contains("'10.0.0.1' is a private address", result.Stderr);
            Assert.DoesNotContain("Parameter", result.Stderr);
            Assert.Contains("'*' is a wildcard alone; a list of names is needed", (await home.RunAsync([.. verb, "--allow", "*"])).Stderr);
        }
        Assert.Empty((await home.RunAsync("session", "list", "--json")).Succeeded().Json.EnumerateArray());
    }

    [Fact]
    public async Task Code_does_not_take_rules_for_a_session_that_exists()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        var result = await home.RunAsync("code", "-s", "web", "--allow", "example.org", "hello");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("Session 'web' exists, and what its rooms may reach was said when it was created", result.Stderr);
    }
}
