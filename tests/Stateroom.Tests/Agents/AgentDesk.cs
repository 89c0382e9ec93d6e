using System.Text.Json;
using Stateroom.Agents;
using Stateroom.Agents.BuiltIn;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents;

/// <summary>An agent with a scripted model, a room and a conversation: what the session layer is to it otherwise.</summary>
internal sealed class AgentDesk : IAsyncDisposable
{
    public const string Key = "sk-scripted-0123";

    private readonly TestRoom _room;

    private AgentDesk(ScriptedModelServer server, TestRoom room) => (Server, _room) = (server, room);

    public ScriptedModelServer Server { get; }

    public ISession Session => _room.Session;

    public List<SessionMessage> Messages { get; } = [];

    public TestTime Time { get; } = new();

    public AgentOptions Options { get; set; } = new();

    public Func<BuiltInAgentOptions, BuiltInAgentOptions> Configure { get; set; } = options => options;

    public Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>>? OnPermission { get; set; }

    /// <summary>The events that the session tells beside the agent's.</summary>
    public List<TurnEvent> Told { get; } = [];

    public static async Task<AgentDesk> StartAsync(Scenario scenario, string? serverKey = null) =>
        new(await ScriptedModelServer.StartAsync(scenario, serverKey), await TestRoom.StartAsync());

    public static Task<AgentDesk> StartAsync(string turns, string? serverKey = null) => StartAsync(Scenario.Parse($$"""{ "turns": [ {{turns}} ] }"""), serverKey);

    public BuiltInAgent NewAgent() => new(Configure(new BuiltInAgentOptions { ApiKey = Key, BaseAddress = Server.BaseAddress, Time = Time }));

    public async Task<(TurnResult Result, List<TurnEvent> Events)> PromptAsync(string prompt, BuiltInAgent? agent = null, CancellationToken cancellationToken = default)
    {
        var events = new List<TurnEvent>();
        await foreach (var item in StreamAsync(prompt, agent, cancellationToken))
            events.Add(item);
        return (((TurnCompleted)events[^1]).Result, events);
    }

    public IAsyncEnumerable<TurnEvent> StreamAsync(string prompt, BuiltInAgent? agent = null, CancellationToken cancellationToken = default)
    {
        Store("user", JsonSerializer.SerializeToElement(new[] { new { type = "text", text = prompt } }));
        var permissions = new TurnPermissions(Options, OnPermission, Told.Add);
        var turn = new AgentTurn
        {
            SessionId = "desk",
            Sandbox = Session.Sandbox,
            Files = Session.Files,
            Options = Options,
            Messages = [.. Messages],
            AppendMessageAsync = (role, content, _) => ValueTask.FromResult(Store(role, content)),
            RequestPermissionAsync = permissions.DecideAsync,
            SaveStateAsync = (_, _) => ValueTask.CompletedTask,
        };
        return (agent ?? NewAgent()).RunTurnAsync(turn, cancellationToken);
    }

    public SessionMessage Store(string role, JsonElement content)
    {
        Messages.Add(new SessionMessage(Messages.Count + 1, TimeProvider.System.GetUtcNow(), role, content));
        return Messages[^1];
    }

    public string PathOf(string file) => _room.PathOf(file);

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await Server.DisposeAsync();
    }
}
