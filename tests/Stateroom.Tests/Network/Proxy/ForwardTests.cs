using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Stateroom.Tests.Network.Proxy;

/// <summary>Plain HTTP through the proxy.</summary>
public sealed class ForwardTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task The_origin_gets_one_request_in_the_proxys_own_writing()
    {
        var heads = new ConcurrentQueue<string>();
        await using var origin = Origin.Answering("HTTP/1.1 200 Fine\r\nX-One: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nok--", heads);
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var answer = await harness.AskAsync(
            $"GET http://Origin.Example:{origin.Port}/a%2e/../b?c=%41 HTTP/1.1\r\nHost: other.example\r\nAccept: */*\r\nProxy-Authorization: Basic c2VjcmV0\r\nProxy-Connection: keep-alive\r\n" +
            "Connection: close, X-Drop\r\nX-Drop: 1\r\nTE: trailers\r\nUpgrade: h2c\r\nX-Kept: a, b\r\n\r\nGET http://evil.example/ HTTP/1.1\r\n\r\n");
        Assert.Equal($"GET /a%2e/../b?c=%41 HTTP/1.1\r\nHost: origin.example:{origin.Port}\r\nAccept: */*\r\nX-Kept: a, b\r\nConnection: close\r\n\r\n", Assert.Single(heads));
        Assert.Equal("HTTP/1.1 200 \r\nX-One: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", answer);
    }

    [Theory]
    [InlineData("http://origin.example:{0}", "GET / HTTP/1.1")]
    [InlineData("http://origin.example:{0}?q", "GET /?q HTTP/1.1")]
    [InlineData("HTTP://ORIGIN.EXAMPLE:{0}/x", "GET /x HTTP/1.1")]
    public async Task Each_form_of_an_address_gives_a_path(string address, string line)
    {
        var heads = new ConcurrentQueue<string>();
        await using var origin = Origin.Answering(Ok, heads);
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        Assert.EndsWith("ok", await harness.AskAsync($"GET {string.Format(null, address, origin.Port)} HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith(line + "\r\n", Assert.Single(heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "0002\r\nhe\r\n0003\r\nllo\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 0\r\n\r\n", "Content-Length: 0", "")]
    [InlineData("Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5", "hello")]
    public async Task A_body_has_its_length_told_in_exactly_one_way(string sent, string field, string received)
    {
        var got = new TaskCompletionSource<(string Head, string Body)>();
        await using var origin = new Origin(async (stream, stop) =>
        {
            var head = await Origin.ReadHeadAsync(stream, stop);
            var body = new byte[received.Length];
            await stream.ReadExactlyAsync(body, stop);
            got.SetResult((head, Encoding.Latin1.GetString(body)));
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Ok), stop);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var answer = await harness.AskAsync($"POST http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n{sent}");
        Assert.EndsWith("\r\n\r\nok", answer, StringComparison.Ordinal);
        Assert.Equal(sent.StartsWith("Expect", StringComparison.Ordinal), answer.StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", StringComparison.Ordinal));
        var (head, body) = await got.Task.WaitAsync(Patience.Limit);
        Assert.Equal($"POST / HTTP/1.1\r\nHost: origin.example:{origin.Port}\r\n{field}\r\nConnection: close\r\n\r\n", head);
        Assert.Equal(received, body);
    }

    [Theory]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nA: 1\r\n Transfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\nHost: x\n\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\nA: 1\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nA: 1\0\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nA: 1\rB: 2\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET http://origin.example/ HTTP/2.0\r\nHost: x\r\n\r\n")]
    [InlineData("GET http://origin.example/ x HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET  http://origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET http://origin.example\\@evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET http://user@origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET http://evil.example:80@origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET http://origin.example#@evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET http:///path HTTP/1.1\r\nHost: origin.example\r\n\r\n")]
    [InlineData("GET https://origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET ftp://origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: origin.example\r\n\r\n")]
    [InlineData("CONNECT origin.example:443 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGET ")]
    [InlineData("\r\nGET http://origin.example/ HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    public async Task A_request_that_two_readers_could_read_differently_is_refused_and_reaches_nobody(string request)
    {
        await using var harness = new ProxyHarness(["origin.example"]);
        var answer = await harness.AskAsync(request);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\n\r\nStateroom: ", answer);
        Assert.Empty(harness.Asked);
        Assert.DoesNotContain(harness.Decisions, d => d.IsAllowed);
    }

    [Fact]
    public async Task A_head_that_is_too_long_and_one_that_is_too_slow_are_told_so()
    {
        var time = new ManualTime();
        await using var harness = new ProxyHarness(["origin.example"], time);
        Assert.StartsWith("HTTP/1.1 431 ", await harness.AskAsync($"GET http://origin.example/ HTTP/1.1\r\nA: {new string('a', 40_000)}"), StringComparison.Ordinal);
        var slow = harness.AskAsync("GET http://origin.example/ HTTP/1.1\r\n");
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!slow.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(31));
            await Task.WhenAny(slow, Task.Delay(5, limit.Token));
        }
        Assert.StartsWith("HTTP/1.1 408 ", await slow, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_passed_on_and_not_followed_and_where_it_leads_is_decided_anew()
    {
        await using var origin = Origin.Answering("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:1/secret\r\nContent-Length: 0\r\n\r\n");
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var answer = await harness.AskAsync($"GET http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 302 \r\nLocation: http://127.0.0.2:1/secret\r\n", answer, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 403 ", await harness.AskAsync("GET http://127.0.0.2:1/secret HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(1, origin.Connections);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    public async Task An_answer_that_cannot_be_passed_on_is_told_as_one(string answer)
    {
        await using var origin = Origin.Answering(answer);
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var told = await harness.AskAsync($"GET http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 ", told, StringComparison.Ordinal);
        Assert.Contains($"origin.example:{origin.Port} gave no answer that can be passed on", told);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nto the end", "\r\n\r\nto the end")]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "Content-Length: 2\r\nConnection: close\r\n\r\nok")]
    public async Task An_answer_of_any_framing_comes_through(string answer, string end)
    {
        await using var origin = Origin.Answering(answer);
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var told = await harness.AskAsync($"GET http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", told, StringComparison.Ordinal);
        Assert.EndsWith(end, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_origin_that_keeps_its_connection_open_does_not_keep_the_client_waiting()
    {
        await using var origin = new Origin(async (stream, stop) =>
        {
            await Origin.ReadHeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"), stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        Assert.StartsWith("HTTP/1.1 304 ", await harness.AskAsync($"GET http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.Contains("Content-Length: 100", await harness.AskAsync($"HEAD http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
    }

    [Fact]
    public async Task A_client_that_goes_while_the_origin_thinks_ends_the_request()
    {
        var asked = new TaskCompletionSource();
        var ended = new TaskCompletionSource<int>();
        await using var origin = new Origin(async (stream, stop) =>
        {
            await Origin.ReadHeadAsync(stream, stop);
            asked.SetResult();
            ended.SetResult(await stream.ReadAsync(new byte[1], stop));
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        await using (var client = await harness.ConnectAsync())
        {
            await client.WriteAsync(Encoding.Latin1.GetBytes($"GET http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
            await asked.Task.WaitAsync(Patience.Limit);
        }
        Assert.Equal(0, await ended.Task.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_client_that_has_only_ended_what_it_sends_gets_the_answer()
    {
        var go = new TaskCompletionSource();
        await using var origin = new Origin(async (stream, stop) =>
        {
            await Origin.ReadHeadAsync(stream, stop);
            await go.Task.WaitAsync(stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(Ok), stop);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        await using var client = await harness.ConnectAsync();
        await client.WriteAsync(Encoding.Latin1.GetBytes($"GET http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n"));
        ((NetworkStream)client).Socket.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(client);
        // The proxy has noticed, and goes on.
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync().WaitAsync(Patience.Limit));
        go.SetResult();
        Assert.EndsWith("\r\n\r\nok", await reader.ReadToEndAsync().WaitAsync(Patience.Limit), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_before_the_end_of_the_body_comes_through()
    {
        await using var origin = new Origin(async (stream, stop) =>
        {
            await Origin.ReadHeadAsync(stream, stop);
            await stream.WriteAsync(Encoding.Latin1.GetBytes("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"), stop);
            ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null, stop);
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var answer = await harness.AskAsync($"POST http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n{new string('x', 100_000)}");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nbig", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_breaks_the_rules_on_its_way_cuts_the_request()
    {
        var cut = new TaskCompletionSource<bool>();
        await using var origin = new Origin(async (stream, stop) =>
        {
            var text = new StringBuilder();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            cut.SetResult(!(await reader.ReadToEndAsync(stop)).EndsWith("0\r\n\r\n", StringComparison.Ordinal));
        });
        await using var harness = new ProxyHarness([$"origin.example:{origin.Port}"]);
        var answer = await harness.AskAsync($"POST http://origin.example:{origin.Port}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n2;x=y\r\nok\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.True(await cut.Task.WaitAsync(Patience.Limit));
    }
}
