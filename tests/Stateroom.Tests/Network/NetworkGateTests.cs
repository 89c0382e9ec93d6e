using System.Net;
using System.Net.Sockets;
using Stateroom.Network;

namespace Stateroom.Tests.Network;

/// <summary>Which addresses a room may reach, whatever names lead to them.</summary>
public sealed class NetworkGateTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.255")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::8.8.8.8")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::8.8.8.8")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("2001:2::1")]
    [InlineData("2001:10::1")]
    [InlineData("2001:20::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:a00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("4000::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fdff::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_refused(string address) => Assert.NotNull(AddressRanges.WhyNotPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2001:200::1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void A_public_address_is_not_refused(string address) => Assert.Null(AddressRanges.WhyNotPublic(IPAddress.Parse(address)));

    [Fact]
    public void The_hosts_own_addresses_are_refused_whatever_their_range()
    {
        foreach (var own in Dns.GetHostAddresses("localhost")) Assert.NotNull(NetworkAccess.Real.WhyRefused(own));
        Assert.Null(NetworkAccess.Real.WhyRefused(IPAddress.Parse("8.8.8.8")));
    }

    [Fact]
    public async Task A_name_is_resolved_once_and_only_its_public_addresses_are_connected_to()
    {
        var asked = new List<string>();
        var gate = Gate(["example.org"], name =>
        {
            asked.Add(name);
            return ["10.0.0.1", "93.184.215.14", "::ffff:93.184.215.14", "::1", "2606:2800::1"];
        });
        var verdict = await DecideAsync(gate, "Example.org.", 443);
        Assert.Equal(["93.184.215.14", "2606:2800::1"], verdict.Addresses.Select(a => a.ToString()));
        Assert.Equal("example.org", verdict.Rule);
        Assert.Null(verdict.Reason);
        Assert.Equal(["example.org"], asked);
    }

    [Fact]
    public async Task A_name_that_leads_to_private_addresses_alone_is_refused_and_the_address_named()
    {
        var verdict = await DecideAsync(Gate(["internal.example"], _ => ["169.254.169.254", "::1"]), "internal.example", 80);
        Assert.False(verdict.IsAllowed);
        Assert.Equal("internal.example", verdict.Rule);
        Assert.Contains("internal.example is 169.254.169.254, a link-local address", verdict.Reason);
    }

    [Fact]
    public async Task A_name_that_is_public_first_and_private_next_is_judged_by_each_answer_alone()
    {
        var answers = new Queue<string>(["93.184.215.14", "127.0.0.1"]);
        var gate = Gate(["rebind.example"], _ => [answers.Dequeue()]);
        Assert.Equal("93.184.215.14", Assert.Single((await DecideAsync(gate, "rebind.example", 80)).Addresses).ToString());
        Assert.False((await DecideAsync(gate, "rebind.example", 80)).IsAllowed);
    }

    [Fact]
    public async Task A_name_without_a_rule_is_never_resolved_and_the_smallest_change_is_told()
    {
        var gate = Gate(["example.org:8443"], name => throw new InvalidOperationException(name));
        var verdict = await DecideAsync(gate, "other.example", 443);
        Assert.Null(verdict.Rule);
        Assert.Contains("no rule of this session allows other.example. A session that is to reach it is created with --allow other.example ", verdict.Reason);
        Assert.Contains("--allow other.example:22 ", (await DecideAsync(gate, "other.example", 22)).Reason);
        Assert.Contains("rule 'example.org:8443' allows example.org on port 8443, not on port 443", (await DecideAsync(gate, "example.org", 443)).Reason);
        Assert.Contains("no rule changes that", (await DecideAsync(gate, "127.0.0.1", 443)).Reason);
    }

    [Fact]
    public async Task A_name_that_is_not_found_is_told_as_that_and_not_as_refused()
    {
        var missing = Gate(["example.org"], _ => throw new SocketException((int)SocketError.HostNotFound));
        var verdict = await DecideAsync(missing, "example.org", 443);
        Assert.True(verdict.IsAllowed);
        Assert.Empty(verdict.Addresses);
        Assert.Contains("example.org cannot be resolved on the host: there is no such name", verdict.Error);
        Assert.Contains("has no address", (await DecideAsync(Gate(["example.org"], _ => []), "example.org", 443)).Error);
    }

    private static NetworkGate Gate(string[] allow, Func<string, string[]> resolve) => new(
        new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = allow },
        new NetworkAccess { ResolveAsync = (name, _) => Task.FromResult(Array.ConvertAll(resolve(name), IPAddress.Parse)) });

    private static Task<NetworkVerdict> DecideAsync(NetworkGate gate, string host, int port)
    {
        Assert.True(HostName.TryParse(host, out var name, out var problem), problem);
        return gate.DecideAsync(name, port, CancellationToken.None);
    }
}
