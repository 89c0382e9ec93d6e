using Stateroom.Network;

namespace Stateroom.Tests.Network;

/// <summary>What a rule of the allow list matches, and what it does not.</summary>
public sealed class HostRuleTests
{
    [Theory]
    [InlineData("github.com", "github.com:443")]
    [InlineData("github.com", "github.com:80")]
    [InlineData("github.com", "GitHub.COM:443")]
    [InlineData("GitHub.com", "github.com:443")]
    [InlineData("github.com", "github.com.:443")]
    [InlineData("github.com.", "github.com:443")]
    [InlineData("github.com:8443", "github.com:8443")]
    [InlineData("*.github.com", "api.github.com:443")]
    [InlineData("**.github.com", "api.github.com:443")]
    [InlineData("**.github.com", "a.b.c.github.com:443")]
    [InlineData("*.*.github.com:22", "a.b.github.com:22")]
    [InlineData("api.*.com", "api.github.com:443")]
    [InlineData("**", "anything.example:443")]
    [InlineData("*", "intranet:443")]
    [InlineData("bücher.example", "xn--bcher-kva.example:443")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example:443")]
    [InlineData("*.bücher.example", "www.xn--bcher-kva.example:443")]
    [InlineData("_acme.example", "_acme.example:443")]
    [InlineData("8.8.8.8", "8.8.8.8:443")]
    [InlineData("8.8.8.8:53", "8.8.8.8.:53")]
    [InlineData("[2606:4700::1111]", "[2606:4700:0:0::1111]:443")]
    [InlineData("[2606:4700::1111]:853", "[2606:4700::1111]:853")]
    [InlineData("8.8.8.8", "[::ffff:8.8.8.8]:443")]
    public void Matches(string rule, string target) => Assert.True(Compare(rule, target));

    [Theory]
    [InlineData("github.com", "evilgithub.com:443")]
    [InlineData("github.com", "github.com.evil.example:443")]
    [InlineData("github.com", "api.github.com:443")]
    [InlineData("github.com", "github.co:443")]
    [InlineData("github.com", "github.com:8443")]
    [InlineData("github.com:8443", "github.com:443")]
    [InlineData("*.github.com", "github.com:443")]
    [InlineData("*.github.com", "a.b.github.com:443")]
    [InlineData("*.github.com", "evilgithub.com:443")]
    [InlineData("**.github.com", "github.com:443")]
    [InlineData("**.github.com", "evilgithub.com:443")]
    [InlineData("**.github.com", "github.com.evil.example:443")]
    [InlineData("*.com", "github.com.example:443")]
    [InlineData("*", "a.b:443")]
    [InlineData("**", "8.8.8.8:443")]
    [InlineData("*.*.*.*", "8.8.8.8:443")]
    [InlineData("**", "[2606:4700::1111]:443")]
    [InlineData("8.8.8.8", "8.8.4.4:443")]
    public void Does_not_match(string rule, string target) => Assert.False(Compare(rule, target));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".example.org")]
    [InlineData("example.org..")]
    [InlineData("example.org\0.evil.example")]
    [InlineData("exam ple.org")]
    [InlineData(" example.org")]
    [InlineData("example.org\n")]
    [InlineData("example.org%00")]
    [InlineData("example.org%2e")]
    [InlineData("user@example.org")]
    [InlineData("user:pass@example.org")]
    [InlineData("example.org/path")]
    [InlineData("example.org\\evil")]
    [InlineData("example.org?x")]
    [InlineData("example.org#x")]
    [InlineData("exa\u00adm\u200bple.org\u0000")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("0x7f000001")]
    [InlineData("0X7F.0.0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("017700000001")]
    [InlineData("127.0.0.01")]
    [InlineData("127.0.0.1.1")]
    [InlineData("127.0.0.256")]
    [InlineData("1.2.3")]
    [InlineData("0x")]
    [InlineData("example.0x7f")]
    [InlineData("example.1")]
    [InlineData("\uff11\uff12\uff17\u3002\uff11")]
    [InlineData("\uff25xample.org")]
    [InlineData("\ufb01le.example")]
    [InlineData("stra\u00dfe.example")]
    [InlineData("\u0661\u0662.example")]
    [InlineData("x\u200dy.example")]
    [InlineData("example\uff0forg")]
    [InlineData("example.org\uff1a80")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[::1].example.org")]
    [InlineData("[]")]
    public void No_host_is_read_from(string text)
    {
        Assert.False(HostName.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
        Assert.False(HostRule.TryParse(text, out _, out _));
    }

    [Theory]
    [InlineData("a*.example.org")]
    [InlineData("*a.example.org")]
    [InlineData("***.example.org")]
    [InlineData("a.**.example.org")]
    [InlineData("**.**.example.org")]
    [InlineData("*..example.org")]
    [InlineData("*.0.0.1")]
    [InlineData("10.0.0.*:80:80")]
    [InlineData("*.example.org:")]
    [InlineData("example.org:0")]
    [InlineData("example.org:65536")]
    [InlineData("example.org:080")]
    [InlineData("example.org:+80")]
    [InlineData("example.org:http")]
    [InlineData("example.org:*")]
    [InlineData("https://example.org")]
    [InlineData("10.0.0.1")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("[::1]:8080")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("169.254.169.254")]
    public void Is_no_rule(string text)
    {
        Assert.False(HostRule.TryParse(text, out var rule, out var problem));
        Assert.Null(rule);
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void Names_up_to_the_longest_are_taken_and_longer_ones_are_not()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('b', 61)}";
        Assert.Equal(253, longest.Length);
        Assert.True(HostName.TryParse(longest + ".", out _, out _));
        Assert.False(HostName.TryParse(longest + "c", out _, out _));
        Assert.False(HostName.TryParse($"a{label}.org", out _, out _));
        Assert.False(HostRule.TryParse($"*.{longest}", out _, out _));
    }

    [Fact]
    public void A_session_with_rules_that_cannot_be_is_not_created_and_all_that_is_wrong_is_told_at_once()
    {
        var network = new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = ["https://example.org", "example.org", "10.0.0.1", "a*.org"] };
        var failure = Assert.Throws<ArgumentException>(() => Stateroom.Sessions.SessionOptionsCheck.Check(new SessionOptions { Sandbox = new SandboxOptions { Network = network } }));
        foreach (var told in (string[])["'https://example.org' is a URL", "'10.0.0.1' is a private address", "'a*.org' contains '*', which stands for a whole label"]) Assert.Contains(told, failure.Message);
        Assert.DoesNotContain("'example.org'", failure.Message);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("**")]
    [InlineData("*.*:443")]
    [InlineData("**.*")]
    public void A_session_with_a_rule_of_wildcards_alone_is_not_created(string rule)
    {
        var network = new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = ["example.org", rule] };
        var failure = Assert.Throws<ArgumentException>(() => Stateroom.Sessions.SessionOptionsCheck.Check(new SessionOptions { Sandbox = new SandboxOptions { Network = network } }));
        Assert.Contains($"'{rule}' is a wildcard alone; a list of names is needed", failure.Message);
        Stateroom.Sessions.SessionOptionsCheck.Check(new SessionOptions { Sandbox = new SandboxOptions { Network = network with { Allow = ["*.org", "**.com", "8.8.8.8"] } } });
    }

    private static bool Compare(string ruleText, string target)
    {
        Assert.True(HostRule.TryParse(ruleText, out var rule, out var problem), problem);
        var (text, portText) = HostRule.Split(target);
        Assert.True(HostRule.TryReadPort(portText, out var port));
        Assert.True(HostName.TryParse(text, out var host, out problem), problem);
        return rule!.MatchesHost(host) && rule.MatchesPort(port);
    }
}
