using System.Text.Json;
using Stateroom.Testing;
using Stateroom.Workspaces;

namespace Stateroom.Tests.Agents.Conformance;

/// <summary>
/// What a session promises with every agent: a real room, a real session, the real agent, and a model that answers by a script. A subclass says which agent, and
/// what its tools are called.
/// </summary>
public abstract partial class AgentConformance : IAsyncLifetime
{
    private readonly string _home = $"/tmp/stateroom-test-{Guid.NewGuid():N}";
    private readonly List<IStateroom> _hosts = [];
    private readonly List<string> _sessions = [];
    private ScriptedModelServer? _model;

    /// <summary>The agent's name.</summary>
    protected abstract string AgentName { get; }

    /// <summary>A call of the tool that runs a shell line, as a scenario has it.</summary>
    protected abstract string Run(string line);

    /// <summary>A call of the tool that writes a file.</summary>
    protected abstract string Create(string path, string content);

    /// <summary>A call of the tool that shows a file.</summary>
    protected abstract string View(string path);

    /// <summary>A call of the tool that replaces a text in a file.</summary>
    protected abstract string Edit(string path, string oldText, string newText);

    /// <summary>What a failed turn says about a key that the provider refuses.</summary>
    protected abstract string KeyHint { get; }

    /// <summary>Whether a notice tells of each further try.</summary>
    protected virtual bool TellsOfRetries => true;

    protected static TimeSpan Limit => Patience.Limit;

    protected static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    protected ScriptedModelServer Model => _model!;

    public async ValueTask InitializeAsync() => await PrepareAsync(_home);

    public async ValueTask DisposeAsync()
    {
        if (_model is not null)
        {
            var cleaner = Host();
            foreach (var id in _sessions)
                await cleaner.CleanUpAsync(id, removeWorkspace: true).WaitAsync(Limit);
            await _model.DisposeAsync();
        }

        foreach (var host in _hosts)
            await host.DisposeAsync();
        TreeRemover.Remove(_home);
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts into the home what the agent needs there.</summary>
    protected virtual Task PrepareAsync(string home) => Task.CompletedTask;

    /// <summary>A call as a scenario has it.</summary>
    protected static string Call(string name, object input) => JsonSerializer.Serialize(new { name, input });

    /// <summary>The same call, made whether the agent offers the tool or not.</summary>
    protected static string Astray(string call) => string.Concat("{\"even_if_not_offered\":true,", call.AsSpan(1));

    protected static string NameOf(string call)
    {
        using var json = JsonDocument.Parse(call);
        return json.RootElement.GetProperty("name").GetString()!;
    }

    /// <summary>A reply of the model: a text and calls.</summary>
    protected static string Reply(string? text, params string[] calls) =>
        $$"""{ "text": {{JsonSerializer.Serialize(text)}}, "tools": [ {{string.Join(", ", calls)}} ] }""";

    /// <summary>A turn of the scenario: replies to prompts that hold a text.</summary>
    protected static string Turn(string prompt, params string[] replies) => $$"""{ "prompt": {{JsonSerializer.Serialize(prompt)}}, "replies": [ {{string.Join(", ", replies)}} ] }""";

    /// <summary>Starts the model.</summary>
    protected Task ModelAsync(params string[] turns) => ModelAsync(null, turns);

    private protected async Task ModelAsync(string? key, string[] turns) =>
        _model = await ScriptedModelServer.StartAsync(Scenario.Parse($$"""{ "turns": [ {{string.Join(", ", turns)}} ] }"""), key);

    /// <summary>A host object; each stands for a process.</summary>
    protected IStateroom Host()
    {
        _hosts.Add(StateroomHost.Local(ConformanceAgents.Options(AgentName, Model.BaseAddress, _home)));
        return _hosts[^1];
    }

    /// <summary>A new session.</summary>
    protected async Task<ISession> SessionAsync(string id = "one", Func<AgentOptions, AgentOptions>? configure = null)
    {
        _sessions.Add(id);
        var agent = new AgentOptions { Name = AgentName };
        return await Host().CreateAsync(id, new SessionOptions { Agent = configure?.Invoke(agent) ?? agent }).WaitAsync(Limit);
    }

    private protected AgentChild Child(string session, string prompt) => AgentChild.Start(AgentName, Model.BaseAddress, _home, session, prompt);

    protected static async Task<(TurnResult Result, List<TurnEvent> Events)> PromptAsync(ISession session, string prompt, TurnOptions? options = null)
    {
        var events = await session.StreamAsync(prompt, options, Soon).ToListAsync();
        return (Assert.IsType<TurnCompleted>(events[^1]).Result, events);
    }

    /// <summary>The session is idle, and takes a prompt that the script answers with "on we go".</summary>
    protected static async Task GoesOnAsync(ISession session)
    {
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
        var (result, _) = await PromptAsync(session, "next");
        Assert.True(result.Success, result.Error);
        Assert.Equal("on we go", result.Response);
    }

    // First in its list: an agent that does not know the conversation any more is told it within the prompt, with the words of the turns before.
    protected static string Next => Turn("next", Reply("on we go"));

    protected static string PathOf(ISession session, string file) => Path.Combine(session.WorkspacePath!.Value.Value, file);

    /// <summary>The text of the requests of the model's messages.</summary>
    protected IEnumerable<string> Sent => Model.Requests.Where(r => r.Path.StartsWith("/v1/messages", StringComparison.Ordinal)).Select(r => r.Body.GetProperty("messages").GetRawText());
}
