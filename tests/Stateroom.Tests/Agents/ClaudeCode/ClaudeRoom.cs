using Stateroom.Agents.ClaudeCode;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents.ClaudeCode;

/// <summary>A host whose agent is the real command line with a scripted model.</summary>
internal sealed class ClaudeRoom : IAsyncDisposable
{
    public const string Key = "sk-ant-scripted-0123456789";

    private readonly TempHome _home = new();

    private ClaudeRoom(ScriptedModelServer server) => Server = server;

    public ScriptedModelServer Server { get; }

    public string Home => _home.Path;

    public ISession Session { get; private set; } = null!;

    public IStateroom Host { get; private set; } = null!;

    public static async Task<ClaudeRoom> StartAsync(string turns, AgentOptions? agent = null)
    {
        var room = new ClaudeRoom(await ScriptedModelServer.StartAsync(Scenario.Parse($$"""{ "turns": [ {{turns}} ] }""")));
        await ClaudeProgram.LinkAsync(room.Home);
        room.Host = room.NewHost();
        room.Session = await room.Host.CreateAsync("claude", new SessionOptions { Agent = agent ?? new AgentOptions { Name = AgentOptions.ClaudeCode } }).WaitAsync(Patience.Limit);
        return room;
    }

    public IStateroom NewHost() => StateroomHost.Local(new StateroomLocalOptions
    {
        HomeDirectory = Home,
        Agents = new Dictionary<string, IAgent> { [AgentOptions.ClaudeCode] = new ClaudeCodeAgent(new ClaudeCodeAgentOptions { ApiKey = Key, BaseAddress = Server.BaseAddress }) },
    });

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Host.CleanUpAsync(Session.Id, removeWorkspace: true);
        await Host.DisposeAsync();
        await Server.DisposeAsync();
        _home.Dispose();
    }
}
