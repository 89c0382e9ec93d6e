using System.Net.Sockets;
using Stateroom.Agents.ClaudeCode;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Network;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents.ClaudeCode;

/// <summary>A host whose agent is the real command line with a scripted model.</summary>
internal sealed class ClaudeRoom : IAsyncDisposable
{
    private readonly TempHome _home = new();

    private ClaudeRoom(ScriptedModelServer server) => Server = server;

    public ScriptedModelServer Server { get; }

    public string Home => _home.Path;

    public ISession Session { get; private set; } = null!;

    public IStateroom Host { get; private set; } = null!;

    public static async Task<ClaudeRoom> StartAsync(string turns, AgentOptions? agent = null)
    {
        var room = new ClaudeRoom(await ScriptedModelServer.StartAsync(Scenario.Parse($$"""{ "turns": [ {{turns}} ] }""")));
        var program = $"{room.Home}/agents/claude-code/{ClaudeCodeProgram.Version}";
        Directory.CreateDirectory(program);
        File.CreateSymbolicLink(program + "/x", "/");
        File.Delete(program + "/x");
        File.Copy("/tmp/h/cc/package/claude", program + "/claude");
        room.Host = room.NewHost();
        room.Session = await room.Host.CreateAsync("claude", new SessionOptions { Agent = agent ?? new AgentOptions { Name = AgentOptions.ClaudeCode } }).WaitAsync(Patience.Limit);
        return room;
    }

    public IStateroom NewHost() => StateroomHost.Local(new StateroomLocalOptions
    {
        HomeDirectory = Home,
        Agents = new Dictionary<string, IAgent> { [AgentOptions.ClaudeCode] = new ClaudeCodeAgent(new ClaudeCodeAgentOptions { OpenAccess = (turn, token) => Relay.OpenAsync(turn, Server.BaseAddress, token) }) },
    });

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Host.CleanUpAsync(Session.Id, removeWorkspace: true);
        await Host.DisposeAsync();
        await Server.DisposeAsync();
        _home.Dispose();
    }

    private sealed class Relay(IRoomListener listener, Uri upstream) : IModelAccess
    {
        private readonly CancellationTokenSource _stop = new();
        private Task _running = Task.CompletedTask;

        public Uri Address => new($"http://127.0.0.1:{RoomPorts.Broker}");

        public long? InputTokens => null;

        public long? OutputTokens => null;

        public bool IsOverBudget => false;

        public static async Task<IModelAccess> OpenAsync(AgentTurn turn, Uri upstream, CancellationToken token)
        {
            var relay = new Relay(await ((IListeningSandbox)turn.Sandbox).ListenAsync(RoomPorts.Broker, token), upstream);
            relay._running = relay.ServeAsync();
            return relay;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await listener.DisposeAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task ServeAsync()
        {
            while (true)
            {
                var inner = await listener.AcceptAsync(_stop.Token);
                _ = Task.Run(async () =>
                {
                    using var tcp = new TcpClient();
                    await using (inner)
                    {
                        await tcp.ConnectAsync(upstream.Host, upstream.Port);
                        await using var outer = tcp.GetStream();
                        await Task.WhenAny(inner.CopyToAsync(outer), outer.CopyToAsync(inner));
                    }
                });
            }
        }
    }
}
