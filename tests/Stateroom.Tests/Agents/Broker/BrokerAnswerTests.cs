using System.Net;
using System.Text;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>What comes back from the provider to a room.</summary>
public sealed class BrokerAnswerTests
{
    private const string StreamHead = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    private const string Started = """data: {"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":5,"output_tokens":1}}}""" + "\n\n";

    [Fact]
    public async Task A_stream_reaches_the_room_piece_by_piece_as_it_comes()
    {
        var next = new SemaphoreSlim(0);
        await using var provider = new RawProvider(async request =>
        {
            await request.SendAsync(StreamHead);
            foreach (var piece in (string[])["first", "second", "third"])
            {
                await request.SendAsync(Chunk(piece));
                await next.WaitAsync(Patience.Limit);
            }
            await request.SendAsync("0\r\n\r\n");
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        await using var stream = await answer.Content.ReadAsStreamAsync(BrokerDesk.Soon);
        foreach (var piece in (string[])["first", "second", "third"])
        {
            var buffer = new byte[piece.Length];
            await stream.ReadExactlyAsync(buffer, BrokerDesk.Soon);
            Assert.Equal(piece, Encoding.ASCII.GetString(buffer));
            next.Release();
        }
        Assert.Equal(0, await stream.ReadAsync(new byte[1], BrokerDesk.Soon));
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_usage_of_a_stream_and_of_a_whole_answer_is_the_providers()
    {
        await using var server = await ScriptedModelServer.StartAsync(Scenario.Parse("""{ "turns": [ { "prompt": "hi", "replies": [ { "text": "A long enough answer to have some tokens." } ] } ] }"""));
        await using var desk = new BrokerDesk(server.BaseAddress);
        foreach (var streams in (string[])["true", "false"])
        {
            using var turn = await desk.BeginTurnAsync();
            using var answer = await desk.AskAsync(BrokerDesk.Request.Replace("\"model\"", $"\"stream\":{streams},\"model\"", StringComparison.Ordinal));
            var text = await answer.Content.ReadAsStringAsync(BrokerDesk.Soon);
            var told = System.Text.RegularExpressions.Regex.Matches(text, "\"input_tokens\":([0-9]+).*?\"output_tokens\":([0-9]+)").Last();
            await answer.Content.ReadAsStringAsync(BrokerDesk.Soon);
            Assert.Equal($"{told.Groups[1]} {told.Groups[2]}", $"{turn.Usage.InputTokens} {turn.Usage.OutputTokens}");
            Assert.True(turn.Usage.OutputTokens > 1);
        }
    }

    [Theory]
    [InlineData(400, "invalid_request_error")]
    [InlineData(401, "authentication_error")]
    [InlineData(429, "rate_limit_error")]
    [InlineData(500, "api_error")]
    [InlineData(529, "overloaded_error")]
    public async Task An_error_passes_with_its_status_and_what_says_when_to_try_again_but_without_the_credential(int status, string type)
    {
        var body = $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"the key {{{BrokerDesk.Key}}} is busy"},"request_id":"req_1"}""";
        var fields = $"content-type: application/json\r\nretry-after: 7\r\nrequest-id: req_1\r\nanthropic-ratelimit-requests-remaining: 0\r\nx-should-retry: true\r\nset-cookie: a=b\r\nserver: x\r\nanthropic-organization-id: o\r\nanthropic-ratelimit-echo: {BrokerDesk.Key}\r\n";
        await using var provider = RawProvider.Saying(RawProvider.Whole(body, fields, status));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(body.Replace(BrokerDesk.Key, "[credential]", StringComparison.Ordinal), await answer.Content.ReadAsStringAsync(BrokerDesk.Soon));
        Assert.Equal(
            ["anthropic-ratelimit-echo: [credential]", "anthropic-ratelimit-requests-remaining: 0", "connection: close", "request-id: req_1", "retry-after: 7", "x-should-retry: true"],
            answer.Headers.Select(h => $"{h.Key}: {h.Value.Single()}".ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.Equal((status, "the key [credential] is busy", "the option Credential"), (turn.LastFailure!.Status, turn.LastFailure.Message, turn.LastFailure.CredentialFrom));
        Assert.Equal(0, turn.Usage.Tokens);
    }

    [Fact]
    public async Task A_key_that_the_provider_repeats_in_its_stream_is_taken_out_wherever_it_is_cut()
    {
        await using var provider = new RawProvider(async request =>
        {
            await request.SendAsync(StreamHead + Chunk("before " + BrokerDesk.Key[..9]));
            await request.SendAsync(Chunk(BrokerDesk.Key[9..] + " after " + BrokerDesk.Key[..4]) + "0\r\n\r\n");
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        Assert.Equal("before [credential] after " + BrokerDesk.Key[..4], await answer.Content.ReadAsStringAsync(BrokerDesk.Soon));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_reaches_the_room_broken_off_and_what_it_held_is_counted()
    {
        await using var provider = new RawProvider(request => request.SendAsync(StreamHead + Chunk(Started + Delta(new string('x', 4000)))));
        await using var desk = new BrokerDesk(provider.Address);
        var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer.Content.ReadAsStringAsync(BrokerDesk.Soon));
        await desk.Broker.DisposeAsync();
        Assert.Equal(30, turn.Usage.InputTokens);
        Assert.InRange(turn.Usage.OutputTokens, 900, 1100);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_request_at_the_provider_and_pays_for_what_it_saw()
    {
        var left = new TaskCompletionSource();
        await using var provider = new RawProvider(async request =>
        {
            await request.SendAsync(StreamHead + Chunk(Started + Delta(new string('x', 4000))));
            await SendUntilLeftAsync(request);
            left.SetResult();
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        var answer = await desk.AskAsync();
        var stream = await answer.Content.ReadAsStreamAsync(BrokerDesk.Soon);
        await stream.ReadExactlyAsync(new byte[4000], BrokerDesk.Soon);
        answer.Dispose();
        await left.Task.WaitAsync(Patience.Limit);
        await desk.Broker.DisposeAsync();
        Assert.True(turn.Usage.OutputTokens >= 900);
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_answer_pays_for_its_request()
    {
        var came = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        await using var provider = new RawProvider(async request =>
        {
            came.SetResult();
            await request.LeftAsync();
            left.SetResult();
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var leaving = new CancellationTokenSource();
        var asked = desk.AskAsync($"{{{new string(' ', 7998)}}}", cancellationToken: leaving.Token);
        await came.Task.WaitAsync(Patience.Limit);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await left.Task.WaitAsync(Patience.Limit);
        await desk.Broker.DisposeAsync();
        Assert.Equal((2000, 0), (turn.Usage.InputTokens, turn.Usage.OutputTokens));
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n", "sends elsewhere")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nxx", "compressed")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "did not answer")]
    [InlineData("", "did not answer")]
    public async Task An_answer_that_is_none_is_502_with_the_reason(string raw, string says)
    {
        await using var provider = RawProvider.Saying(raw);
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(BrokerDesk.Soon);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.DoesNotContain("elsewhere.example", text, StringComparison.Ordinal);
        Assert.DoesNotContain(provider.Address.Authority, text, StringComparison.Ordinal);
        Assert.Equal((502, 1), (turn.LastFailure!.Status, provider.Count));
    }

    [Fact]
    public async Task A_provider_that_is_not_there_is_502_without_its_address()
    {
        Uri nowhere;
        await using (var gone = RawProvider.Saying("")) nowhere = gone.Address;
        await using var desk = new BrokerDesk(nowhere);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync(BrokerDesk.Soon);
        Assert.Contains("could not be made", text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{nowhere.Port}", text, StringComparison.Ordinal);
        Assert.Contains($"could not be made ({nowhere.Host}:{nowhere.Port})", turn.LastFailure!.Message, StringComparison.Ordinal);
        Assert.Equal(0, turn.Usage.Tokens);
    }

    [Fact]
    public async Task A_provider_that_stays_silent_is_504_and_one_that_falls_silent_is_cut()
    {
        var isFirst = true;
        await using var provider = new RawProvider(async request =>
        {
            if (!isFirst) await request.SendAsync(StreamHead + Chunk(Started));
            isFirst = false;
            await request.LeftAsync();
        });
        await using var desk = new BrokerDesk(provider.Address, change: options => options with { SilenceLimit = TimeSpan.FromMilliseconds(300) });
        using var turn = await desk.BeginTurnAsync();
        using (var answer = await desk.AskAsync()) Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        using (var answer = await desk.AskAsync())
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => answer.Content.ReadAsStringAsync(BrokerDesk.Soon));
    }

    [Fact]
    public async Task An_output_of_any_length_passes_and_is_not_held()
    {
        const int pieces = 4096, length = 64 * 1024;
        var piece = Chunk(Delta(new string('y', length)));
        await using var provider = new RawProvider(async request =>
        {
            await request.SendAsync(StreamHead + Chunk(Started));
            for (var i = 0; i < pieces; i++) await request.SendAsync(piece);
            await request.SendAsync(Chunk("""data: {"type":"message_delta","usage":{"output_tokens":77}}""" + "\n\n") + "0\r\n\r\n");
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        await using var stream = await answer.Content.ReadAsStreamAsync(BrokerDesk.Soon);
        var (buffer, total, most) = (new byte[length], 0L, 0L);
        while (await stream.ReadAsync(buffer, BrokerDesk.Soon) is var got and > 0)
        {
            if (total / (16 << 20) != (total + got) / (16 << 20)) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            total += got;
        }
        Assert.True(total > (long)pieces * length);
        Assert.True(most < 128 << 20, $"{most} bytes are held");
        Assert.Equal((30, 77), (turn.Usage.InputTokens, turn.Usage.OutputTokens));
    }

    private static async Task SendUntilLeftAsync(RawRequest request)
    {
        try
        {
            while (true) await request.SendAsync(Chunk("event: ping\n\n"));
        }
        catch (IOException)
        {
            // The connection is closed.
        }
    }

    private static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";

    private static string Delta(string text) => $$$"""data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""" + "\n\n";
}
