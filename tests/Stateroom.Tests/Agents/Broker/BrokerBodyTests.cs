using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Stateroom.Agents.Broker;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>Bodies of requests: their rooms decide how large, how slow and how odd they are.</summary>
public sealed class BrokerBodyTests
{
    private const string Answer = """{"type":"message","usage":{"input_tokens":3,"output_tokens":4}}""";

    [Fact]
    public async Task A_room_that_holds_back_what_it_announced_does_not_stall_another()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var slow = new BrokerDesk(provider.Address);
        await using var other = new BrokerDesk(provider.Address);
        using var slowTurn = await slow.BeginTurnAsync();
        using var turn = await other.BeginTurnAsync();
        var holders = new List<TcpClient>();
        for (var i = 0; i < 8; i++)
        {
            var holder = new TcpClient("127.0.0.1", slow.Port.Port);
            holders.Add(holder);
            await holder.GetStream().WriteAsync("POST /v1/messages HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 6000000\r\n\r\n{"u8.ToArray(), BrokerDesk.Soon);
            await holder.GetStream().ReadExactlyAsync(new byte["HTTP/1.1 100 Continue\r\n\r\n".Length], BrokerDesk.Soon);
        }
        using var answer = await other.AskAsync($"{{{new string(' ', 5_999_998)}}}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.All(holders, holder => Assert.Equal(0, holder.Available));
        holders.ForEach(holder => holder.Dispose());
    }

    [Fact]
    public async Task A_body_that_does_not_come_whole_within_its_limit_is_refused()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address, change: options => options with { BodyLimit = TimeSpan.FromMilliseconds(300) });
        using var turn = await desk.BeginTurnAsync();
        var answer = await desk.SendRawAsync("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{");
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("0.3 s for the whole body", answer, StringComparison.Ordinal);
        Assert.Null(turn.LastFailure);
    }

    [Fact]
    public async Task Bodies_share_a_bounded_memory_of_which_a_room_leaves_some_to_the_next()
    {
        var memory = new BodyMemory(8 << 20);
        var (came, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var provider = new RawProvider(async request =>
        {
            came.Release();
            await go.Task;
            await request.SendAsync(RawProvider.Whole(Answer));
        });
        await using var other = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address, change: options => options with { Memory = memory });
        await using var next = new BrokerDesk(other.Address, change: options => options with { Memory = memory });
        using var turn = await desk.BeginTurnAsync();
        using var nextTurn = await next.BeginTurnAsync();
        var body = $"{{{new string(' ', 1_500_000)}}}";
        var asked = new[] { desk.AskAsync(body), desk.AskAsync(body) };
        for (var i = 0; i < asked.Length; i++) await came.WaitAsync(BrokerDesk.Soon);

        using (var third = await desk.AskAsync(body))
        {
            Assert.Equal(529, (int)third.StatusCode);
            Assert.Contains("overloaded_error", await third.Content.ReadAsStringAsync(BrokerDesk.Soon), StringComparison.Ordinal);
        }
        using (var ofNext = await next.AskAsync(body)) Assert.Equal(HttpStatusCode.OK, ofNext.StatusCode);
        Assert.Null(turn.LastFailure);

        go.SetResult();
        foreach (var one in await Task.WhenAll(asked)) one.Dispose();
        for (var i = 0; i < 4; i++)
        {
            using var again = await desk.AskAsync(body);
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
            await again.Content.ReadAsStringAsync(BrokerDesk.Soon);
        }
    }

    [Fact]
    public void A_body_of_many_values_is_looked_into_without_a_copy_of_it()
    {
        var body = new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($$"""{"x":[{{string.Join(',', Enumerable.Repeat("[]", 1_000_000))}}],"messages":[{{string.Join(',', Enumerable.Repeat("[{}]", 1_000_000))}}]}"""));
        BrokerReach.Check(body, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(BrokerReach.Check(body, []));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("""{"system":[{"source":{"type":5}}]}""")]
    [InlineData("""{"tools":[{"type":"\ud800"}]}""")]
    [InlineData("""{"tools":[{"\ud800":1}]}""")]
    [InlineData("""{"messages":[{"source":{"type":"\ud8"}}]}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("{\"x\":\"\u00ff\"}")]
    [InlineData("{\"x\":\"\u00e2\u0082")]
    [InlineData("{\"x\u00c3\":1}")]
    [InlineData("""{"messages":[""")]
    [InlineData("""{"messages":[]} {}""")]
    [InlineData("""{"messages":[],}""")]
    [InlineData("")]
    public async Task A_body_that_cannot_be_read_is_answered_and_is_no_failure_of_the_turn(string body)
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        var answer = await desk.SendRawAsync($"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("invalid_request_error", answer, StringComparison.Ordinal);
        Assert.Equal((null, 0), (turn.LastFailure, provider.Count));
    }

    [Fact]
    public async Task A_body_nested_too_deeply_is_refused()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        foreach (var (depth, status) in ((int, HttpStatusCode)[])[(511, HttpStatusCode.OK), (512, HttpStatusCode.BadRequest), (1_000_000, HttpStatusCode.BadRequest)])
        {
            using var answer = await desk.AskAsync($$"""{"messages":{{new string('[', depth)}}{{new string(']', depth)}}}""");
            Assert.Equal(status, answer.StatusCode);
        }
    }

    [Fact]
    public async Task What_a_body_asks_for_is_found_wherever_its_pieces_are_cut()
    {
        const int piece = 64 * 1024;
        const string asks = ""","messages":[{"content":[{"source":{"data":"é","\u0074ype":"u\u0072l"}}]}]}""";
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        for (var cut = 0; cut < asks.Length; cut++)
        {
            using var answer = await desk.AskAsync($"{{\"x\":\"{new string('x', piece - cut - 7)}\"{asks}");
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
        Assert.Equal(0, provider.Count);
    }

    [Fact]
    public async Task A_tool_with_a_type_that_is_no_name_is_refused()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync($$"""{"tools":[{"type":"custom{{new string('x', 1_000_000)}}"}]}""");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.InRange((await answer.Content.ReadAsStringAsync(BrokerDesk.Soon)).Length, 1, 1000);
    }
}
