using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stateroom.Agents.Broker;
using Stateroom.Agents.Credentials;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>When requests pass: while a turn is open, within its budget.</summary>
public sealed class BrokerTurnTests
{
    private const string Answer = """{"type":"message","usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":40}}""";

    [Fact]
    public async Task Nothing_passes_before_a_turn_or_after_it()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        await AssertRefusedAsync(desk, "only while the session answers");
        using (await desk.BeginTurnAsync())
        {
            using var answer = await desk.AskAsync();
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        await AssertRefusedAsync(desk, "only while the session answers");
        Assert.Equal(1, provider.Count);
    }

    [Fact]
    public async Task There_is_one_turn_at_a_time()
    {
        await using var desk = new BrokerDesk(new Uri("http://127.0.0.1:9"));
        var first = await desk.BeginTurnAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => desk.BeginTurnAsync());
        first.Dispose();
        first.Dispose();
        (await desk.BeginTurnAsync()).Dispose();
    }

    [Fact]
    public async Task The_budget_counts_cached_tokens_and_ends_what_would_go_on_beyond_it()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using (var turn = await desk.BeginTurnAsync(budget: 101))
        {
            for (var i = 1; i <= 2; i++)
            {
                using var answer = await desk.AskAsync();
                await answer.Content.ReadAsStringAsync(BrokerDesk.Soon);
                Assert.Equal((60 * i, 40 * i, i), (turn.Usage.InputTokens, turn.Usage.OutputTokens, turn.Usage.Requests));
            }
            Assert.False(turn.IsBudgetUsedUp);
            await AssertRefusedAsync(desk, "200 of 101 tokens");
            Assert.True(turn.IsBudgetUsedUp);
            using var counting = await desk.AskAsync(path: "/v1/messages/count_tokens");
            Assert.Equal(HttpStatusCode.Forbidden, counting.StatusCode);
            Assert.Equal((2, 2), (provider.Count, turn.Usage.Requests));
            Assert.NotNull(turn.Usage.TimeToFirstByte);
        }
        using var next = await desk.BeginTurnAsync(budget: 101);
        Assert.Equal(new BrokerUsage(0, 0, 0, null), next.Usage);
        using var again = await desk.AskAsync();
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Counting_tokens_costs_none()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole("""{"input_tokens":1000000}"""));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync(budget: 1);
        for (var i = 0; i < 3; i++)
        {
            using var answer = await desk.AskAsync(path: "/v1/messages/count_tokens?beta=true");
            Assert.Contains("1000000", await answer.Content.ReadAsStringAsync(BrokerDesk.Soon), StringComparison.Ordinal);
        }
        Assert.Equal(new BrokerUsage(0, 0, 0, null), turn.Usage);
    }

    [Fact]
    public async Task The_end_of_a_turn_cuts_off_what_still_runs()
    {
        var left = new TaskCompletionSource();
        await using var provider = new RawProvider(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: ping\n");
            await request.LeftAsync();
            left.SetResult();
        });
        await using var desk = new BrokerDesk(provider.Address);
        var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync();
        await using var stream = await answer.Content.ReadAsStreamAsync(BrokerDesk.Soon);
        await stream.ReadExactlyAsync(new byte[12], BrokerDesk.Soon);
        turn.Dispose();
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadExactlyAsync(new byte[100], BrokerDesk.Soon).AsTask());
        await left.Task.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_missing_credential_is_told_when_the_turn_begins()
    {
        await using var broker = new ModelBroker(new TcpRoomListener(), new BrokerOptions { Credentials = new ModelCredentialSource { Environment = _ => null } });
        var missing = await Assert.ThrowsAsync<AgentConfigurationException>(() => broker.BeginTurnAsync(1, BrokerDesk.Soon));
        Assert.Contains("CLAUDE_CODE_OAUTH_TOKEN", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_room_that_ends_ends_the_broker_and_says_so()
    {
        await using var desk = new BrokerDesk(new Uri("http://127.0.0.1:9"));
        desk.Port.Lose();
        await Assert.ThrowsAsync<SandboxLostException>(() => desk.Broker.Completion.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task More_connections_than_the_bound_wait_and_are_all_served()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address, change: options => options with { MostConnections = 4 });
        using var turn = await desk.BeginTurnAsync();
        // One that says nothing takes a place, and no more than that.
        using var silent = new TcpClient("127.0.0.1", desk.Port.Port);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var answer = await desk.AskAsync();
            Assert.Equal(Answer, await answer.Content.ReadAsStringAsync(BrokerDesk.Soon));
        }));
        Assert.Equal((6000, 4000, 100), (turn.Usage.InputTokens, turn.Usage.OutputTokens, turn.Usage.Requests));
    }

    private static async Task AssertRefusedAsync(BrokerDesk desk, string says)
    {
        using var answer = await desk.AskAsync();
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var error = JsonElement.Parse(await answer.Content.ReadAsStringAsync(BrokerDesk.Soon)).GetProperty("error");
        Assert.Equal("permission_error", error.GetProperty("type").GetString());
        Assert.Contains(says, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
