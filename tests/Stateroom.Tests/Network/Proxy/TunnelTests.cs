using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateroom.Tests.Network.Proxy;

/// <summary>CONNECT.</summary>
public sealed class TunnelTests
{
    [Fact]
    public async Task A_tunnel_carries_bytes_both_ways_and_each_end_by_itself()
    {
        await using var origin = new Origin(async (stream, stop) =>
        {
            using var all = new MemoryStream();
            await stream.CopyToAsync(all, stop);
            await stream.WriteAsync(all.ToArray().Reverse().ToArray(), stop);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        await using var stream = await OpenAsync(harness, $"origin.example:{origin.Port}");
        await stream.WriteAsync(new byte[] { 1, 2, 3, 0, 255 });
        // The other way is still open.
        stream.Socket.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer).WaitAsync(Patience.Limit);
        Assert.Equal(new byte[] { 255, 0, 3, 2, 1 }, answer.ToArray());
        var decision = Assert.Single(harness.Decisions);
        Assert.Equal(("origin.example", origin.Port, true, $"origin.example:{origin.Port}", null), (decision.Host, decision.Port, decision.IsAllowed, decision.Rule, decision.Reason));
    }

    [Fact]
    public async Task What_a_client_sends_before_the_answer_to_its_CONNECT_is_not_lost()
    {
        await using var origin = new Origin(async (stream, stop) => await stream.CopyToAsync(stream, stop));
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        await using var stream = await harness.ConnectAsync();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"CONNECT origin.example:{origin.Port} HTTP/1.0\r\n\r\nearly"));
        stream.Socket.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 200 Connection established\r\n\r\nearly", await reader.ReadToEndAsync().WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_tunnel_is_not_ended_for_being_silent()
    {
        var time = new ManualTime();
        await using var origin = new Origin(async (stream, stop) => await stream.CopyToAsync(stream, stop));
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"], time);
        await using var stream = await OpenAsync(harness, $"origin.example:{origin.Port}");
        time.Advance(TimeSpan.FromDays(1));
        await stream.WriteAsync("still"u8.ToArray());
        var got = new byte[5];
        await stream.ReadExactlyAsync(got).AsTask().WaitAsync(Patience.Limit);
        Assert.Equal("still"u8.ToArray(), got);
    }

    [Fact]
    public async Task A_tunnel_whose_origin_breaks_off_ends()
    {
        await using var origin = new Origin(async (stream, stop) =>
        {
            await stream.ReadExactlyAsync(new byte[1], stop);
            ((NetworkStream)stream).Socket.LingerState = new LingerOption(true, 0);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        await using var stream = await OpenAsync(harness, $"origin.example:{origin.Port}");
        await stream.WriteAsync(new byte[1]);
        Assert.Equal(0, await ReadToEndAsync(stream));
    }

    [Fact]
    public async Task Much_goes_through_a_tunnel_unchanged_while_its_reader_is_slow_to_begin()
    {
        const int Bytes = 32 << 20;
        await using var origin = new Origin(async (stream, stop) =>
        {
            var block = new byte[1 << 16];
            new Random(1).NextBytes(block);
            for (var sent = 0; sent < Bytes; sent += block.Length) await stream.WriteAsync(block, stop);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        await using var stream = await OpenAsync(harness, $"origin.example:{origin.Port}");
        var expected = new byte[1 << 16];
        new Random(1).NextBytes(expected);
        var got = new byte[1 << 16];
        for (var read = 0; read < Bytes; read += got.Length)
        {
            await stream.ReadExactlyAsync(got).AsTask().WaitAsync(Patience.Limit);
            Assert.True(got.AsSpan().SequenceEqual(expected));
        }
        Assert.Equal(0, await stream.ReadAsync(got).AsTask().WaitAsync(Patience.Limit));
    }

    [Theory]
    [InlineData("127.0.0.2:80", 403, "127.0.0.2 is a loopback address")]
    [InlineData("10.0.0.1:443", 403, "a private address")]
    [InlineData("169.254.169.254:80", 403, "a link-local address")]
    [InlineData("0.0.0.0:80", 403, "this host itself")]
    [InlineData("[::1]:80", 403, "the loopback address")]
    [InlineData("[::ffff:10.0.0.1]:80", 403, "10.0.0.1 is a private address")]
    [InlineData("[::ffff:a00:1]:80", 403, "10.0.0.1 is a private address")]
    [InlineData("[64:ff9b::10.0.0.1]:80", 403, "a private address")]
    [InlineData("[fd00::1]:80", 403, "a private address")]
    [InlineData("internal.example:443", 403, "internal.example is 10.1.2.3, a private address")]
    [InlineData("INTERNAL.example.:443", 403, "internal.example is 10.1.2.3, a private address")]
    [InlineData("127.1:80", 400, "ends in a number")]
    [InlineData("2130706433:80", 400, "ends in a number")]
    [InlineData("0x7f.1:80", 400, "ends in a number")]
    [InlineData("0x7f000001:80", 400, "ends in a number")]
    [InlineData("0177.0.0.1:80", 400, "ends in a number")]
    [InlineData("[fe80::1%25lo]:80", 400, "not an IPv6 address in brackets")]
    [InlineData("::1:80", 400, "no port")]
    [InlineData("origin.example%00.evil.example:80", 400, "contains '%'")]
    [InlineData("user@origin.example:80", 400, "not a host and a port")]
    [InlineData("origin.example", 400, "no port")]
    [InlineData("origin.example:", 400, "no port")]
    [InlineData("origin.example:0", 400, "no port")]
    [InlineData("origin.example:65536", 400, "no port")]
    [InlineData("origin.example:+80", 400, "no port")]
    [InlineData("origin.example:080", 400, "no port")]
    [InlineData("origin.example:80/", 400, "not a host and a port")]
    public async Task CONNECT_to_what_is_not_public_or_not_a_host_is_refused_though_every_name_is_allowed(string target, int status, string because)
    {
        await using var harness = new ProxyHarness(["**", "**:80", "8.8.8.8"]);
        harness.Names["internal.example"] = () => ["10.1.2.3"];
        var answer = await harness.AskAsync($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains(because, answer);
        Assert.DoesNotContain(harness.Decisions, d => d.IsAllowed);
    }

    [Theory]
    [InlineData("evilgithub.example")]
    [InlineData("github.example.evil.example")]
    [InlineData("api.github.example")]
    public async Task A_host_that_only_looks_like_an_allowed_one_is_refused_and_the_change_that_would_allow_it_is_told(string host)
    {
        await using var harness = new ProxyHarness(["github.example"]);
        var answer = await harness.AskAsync($"CONNECT {host}:8443 HTTP/1.1\r\nHost: {host}:8443\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403 ", answer, StringComparison.Ordinal);
        Assert.Contains($"The connection to {host}:8443 is refused: no rule of this session allows {host}", answer);
        Assert.Contains($"--allow {host}:8443 ", answer);
        Assert.Empty(harness.Asked);
        var decision = Assert.Single(harness.Decisions);
        Assert.Equal((host, 8443, false, null), (decision.Host, decision.Port, decision.IsAllowed, decision.Rule));
        Assert.Contains($"--allow {host}:8443", decision.Reason);
    }

    [Fact]
    public async Task A_name_that_leads_elsewhere_at_its_second_look_gets_no_second_look()
    {
        await using var origin = Origin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npublic");
        await using var inner = new Origin((_, _) => Task.CompletedTask, IPAddress.Parse("127.0.0.2"));
        await using var harness = new ProxyHarness([$"rebind.example:{origin.Port}"]);
        var answers = new Queue<string>(["127.0.0.1", "127.0.0.2", "127.0.0.2"]);
        harness.Names["rebind.example"] = () => [answers.Dequeue()];
        Assert.EndsWith("public", await harness.AskAsync($"GET http://rebind.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(["rebind.example"], harness.Asked);
        Assert.Contains("rebind.example is 127.0.0.2, a loopback address", await harness.AskAsync($"GET http://rebind.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
        Assert.Equal(0, inner.Connections);
    }

    [Fact]
    public async Task A_name_that_is_not_found_and_a_host_that_does_not_answer_are_told_as_that()
    {
        await using var harness = new ProxyHarness(["missing.example", "origin.example:1"]);
        var missing = await harness.AskAsync("CONNECT missing.example:443 HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", missing, StringComparison.Ordinal);
        Assert.Contains("missing.example cannot be resolved on the host: there is no such name", missing);
        var closed = await harness.AskAsync("CONNECT origin.example:1 HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", closed, StringComparison.Ordinal);
        Assert.Contains("origin.example:1 is allowed (rule 'origin.example:1') and cannot be reached from the host: the connection is refused", closed);
    }

    [Fact]
    public async Task An_address_that_does_not_answer_does_not_keep_the_next_from_being_tried()
    {
        await using var origin = new Origin(async (stream, stop) => await stream.CopyToAsync(stream, stop));
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        // 127.0.0.3 is refused as what it is; of the exempt ones the first has nobody who listens.
        harness.Names["origin.example"] = () => ["127.0.0.3", "::ffff:127.0.0.1"];
        await using var stream = await OpenAsync(harness, $"origin.example:{origin.Port}");
        Assert.True(stream.Socket.Connected);
    }

    [Fact]
    public async Task Beyond_the_bound_of_connections_the_next_waits_until_one_has_ended()
    {
        await using var harness = new ProxyHarness([]);
        var idle = new List<NetworkStream>();
        for (var i = 0; i < global::Stateroom.Network.Proxy.RoomProxy.MostConnections; i++) idle.Add(await harness.ConnectAsync());
        var next = harness.AskAsync("CONNECT x.example:443 HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System)));
        await idle[7].DisposeAsync();
        Assert.StartsWith("HTTP/1.1 403 ", await next, StringComparison.Ordinal);
        foreach (var one in idle) await one.DisposeAsync();
    }

    private static async Task<NetworkStream> OpenAsync(ProxyHarness harness, string target)
    {
        const string Established = "HTTP/1.1 200 Connection established\r\n\r\n";
        var stream = await harness.ConnectAsync();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"));
        var answer = new byte[Established.Length];
        await stream.ReadExactlyAsync(answer).AsTask().WaitAsync(Patience.Limit);
        Assert.Equal(Established, Encoding.Latin1.GetString(answer));
        return stream;
    }

    private static async Task<int> ReadToEndAsync(Stream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience.Limit);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
