using System.Runtime.CompilerServices;

namespace Stateroom.Tests.Network.Rooms;

/// <summary>Who serves a room's network, when, and what is told of it.</summary>
public sealed class PolicyTests
{
    private const string Probe = "curl -s -o /dev/null http://refused.example/; echo $?";

    [Fact]
    public async Task Without_a_policy_there_is_no_network_no_variable_and_nobody_listens()
    {
        await using var room = new NetworkRoom();
        await using var session = await room.Host.CreateAsync("room").WaitAsync(Patience.Limit);
        var result = await session.RunAsync("env | grep -i proxy; curl -s --proxy http://127.0.0.1:17281 http://8.8.8.8/; echo $?").WaitAsync(Patience.Limit);
        // curl(1): 7 is "failed to connect to host".
        Assert.Equal("7\n", result.StdoutText);
        Assert.Empty(await session.ReadNetworkDecisionsAsync().ToListAsync());
        Assert.Contains("network: none", session.Sandbox.Report.Enforced);
    }

    [Fact]
    public async Task Past_the_proxy_there_is_no_way_out()
    {
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync("**.example");
        var result = await session.RunAsync("curl -s --noproxy '*' -m 5 http://8.8.8.8/ || tail -n +2 /proc/net/route | wc -l").WaitAsync(Patience.Limit);
        Assert.Equal("0\n", result.StdoutText);
        Assert.Empty(await session.ReadNetworkDecisionsAsync().ToListAsync());
    }

    [Fact]
    public async Task The_report_names_the_hosts_and_the_users_own_variables_stay()
    {
        await using var room = new NetworkRoom();
        var options = NetworkRoom.Of("files.example");
        await using var session = await room.Host.CreateAsync("room", options with { Sandbox = options.Sandbox with { Environment = new Dictionary<string, string> { ["NO_PROXY"] = "mine" } } }).WaitAsync(Patience.Limit);
        Assert.Contains("network: files.example through the host's proxy, nothing else", session.Sandbox.Report.Enforced);
        Assert.Equal("mine localhost,127.0.0.1,::1 http://127.0.0.1:17281 http://127.0.0.1:17281 1\n",
            (await session.RunAsync("echo $NO_PROXY $no_proxy $https_proxy $HTTP_PROXY $NODE_USE_ENV_PROXY")).StdoutText);
    }

    [Fact]
    public async Task While_no_handle_is_there_connections_are_refused_at_once_and_the_next_handle_serves_them()
    {
        await using var room = new NetworkRoom();
        var session = await room.CreateAsync();
        // 0: the proxy answered; 7: nobody did.
        await using (await session.StartAsync(["sh", "-c", $"while :; do ({Probe}) >> /workspace/said; sleep 0.02; done"])) { }
        var said = $"{session.WorkspacePath!.Value.Value}/said";
        await SaysAsync(said, "0");
        await session.DisposeAsync();
        await SaysAsync(said, "7");
        await using var next = await room.Host.OpenAsync("room").WaitAsync(Patience.Limit);
        await SaysAsync(said, "0");
        await next.CloseAsync();
    }

    [Fact]
    public async Task When_one_of_several_handles_goes_another_goes_on()
    {
        await using var room = new NetworkRoom();
        var first = await room.CreateAsync();
        await using var other = StateroomHost.Local(room.Options);
        await using var second = await other.OpenAsync("room").WaitAsync(Patience.Limit);
        Assert.Equal("0\n", (await second.RunAsync(Probe).WaitAsync(Patience.Limit)).StdoutText);
        await first.DisposeAsync();
        using var limit = new CancellationTokenSource(Patience.Limit);
        while ((await second.RunAsync(Probe, null, limit.Token)).StdoutText != "0\n") limit.Token.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task A_restored_session_has_its_network_again()
    {
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync();
        await session.CloseAsync();
        await session.RestoreAsync();
        Assert.Equal("0\n", (await session.RunAsync(Probe).WaitAsync(Patience.Limit)).StdoutText);
        await using var again = await room.Host.OpenAsync("room").WaitAsync(Patience.Limit);
        Assert.Single((await again.ReadNetworkDecisionsAsync().ToListAsync()).DistinctBy(d => d.Host));
    }

    [Fact]
    public async Task A_turn_tells_what_was_decided_while_it_ran()
    {
        await using var room = new NetworkRoom(new Prober());
        await using var session = await room.CreateAsync();
        await session.RunAsync("curl -s http://before.example/").WaitAsync(Patience.Limit);
        var events = await session.StreamAsync("go").ToListAsync().AsTask().WaitAsync(Patience.Limit);
        var decision = Assert.Single(events.OfType<NetworkDecided>()).Decision;
        Assert.Equal(("refused.example", 80, false), (decision.Host, decision.Port, decision.IsAllowed));
        Assert.IsType<TurnCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_turn_also_tells_what_another_handle_decided_that_has_the_rooms_port()
    {
        await using var room = new NetworkRoom(new Prober());
        await using var holder = await room.CreateAsync();
        await using var other = StateroomHost.Local(room.Options);
        await using var session = await other.OpenAsync("room").WaitAsync(Patience.Limit);
        var events = await session.StreamAsync("go").ToListAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Equal("refused.example", Assert.Single(events.OfType<NetworkDecided>()).Decision.Host);
    }

    private static async Task SaysAsync(string file, string line)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        var lines = 0;
        while (!File.Exists(file) || (lines = File.ReadAllLines(file).Length) == 0) await Task.Delay(5, limit.Token);
        while (!File.ReadAllLines(file).Skip(lines).Contains(line)) await Task.Delay(5, limit.Token);
    }

    private sealed class Prober : IAgent
    {
        public string Name => AgentOptions.BuiltIn;

        public void CheckConfiguration(AgentOptions options)
        {
        }

        public async IAsyncEnumerable<TurnEvent> RunTurnAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await turn.Sandbox.RunAsync(Probe, null, cancellationToken);
            yield return new TurnCompleted(new TurnResult { Success = true, Response = "done", Turns = 1 });
        }
    }
}
