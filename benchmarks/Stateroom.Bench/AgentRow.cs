using System.Net.Http.Headers;
using System.Text;
using Stateroom.Agents.BuiltIn;
using Stateroom.Agents.ClaudeCode;
using Stateroom.Testing;

namespace Stateroom.Bench;

/// <summary>
/// What agents add to the model's own time. The model is a script on loopback that answers at once; the floor is its answer to a bare request of the same
/// size, and for a tool call that request and the same command in a shell that is open.
/// </summary>
internal static class AgentRow
{
    private const string Script = """
        { "turns": [
          { "prompt": "say", "replies": [ { "text": "Hello." } ] },
          { "prompt": "call builtin", "replies": [ { "tools": [ { "name": "bash", "input": { "command": ":" } } ] }, { "text": "Done." } ] },
          { "prompt": "call claude", "replies": [ { "tools": [ { "name": "Bash", "input": { "command": ":", "description": "nothing" } } ] }, { "text": "Done." } ] } ] }
        """;

    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        await using var model = await ScriptedModelServer.StartAsync(Scenario.Parse(Script));
        var agents = new Dictionary<string, IAgent>
        {
            [AgentOptions.BuiltIn] = new BuiltInAgent(new BuiltInAgentOptions { ApiKey = "bench", BaseAddress = model.BaseAddress }),
            [AgentOptions.ClaudeCode] = new ClaudeCodeAgent(new ClaudeCodeAgentOptions { ApiKey = "bench", BaseAddress = model.BaseAddress }),
        };
        await using var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = bench.Home, Agents = agents });
        await using var bare = new BareModel(model.BaseAddress);
        await MeasureAsync(host, bare, table, AgentOptions.BuiltIn, "call builtin", rounds);
        if (Install(bench.Home) is { } missing) Console.Error.WriteLine($"bench: no rows for {AgentOptions.ClaudeCode}: {missing}");
        else await MeasureAsync(host, bare, table, AgentOptions.ClaudeCode, "call claude", Math.Min(rounds, 30));
    }

    private static async Task MeasureAsync(IStateroom host, BareModel bare, Table table, string agent, string callPrompt, int rounds)
    {
        await using var session = await host.CreateAsync($"bench-{agent}", new SessionOptions { Agent = new AgentOptions { Name = agent } });
        var shell = await session.OpenShellAsync();
        IAsyncEnumerator<TurnEvent>? turn = null;
        // Claude Code would begin a new process with a new conversation.
        Func<Task> clear = async () => await (agent == AgentOptions.BuiltIn ? session.ClearMessagesAsync() : Task.FromResult(0L));
        var medians = await Measure.MediansAsync(
            rounds, TimeSpan.Zero,
            new Timed(() => bare.AskAsync("say", untilFirst: true)),
            new Timed(FirstTokenAsync, RestAsync),
            new Timed(() => bare.AskAsync("say", untilFirst: false)),
            new Timed(() => session.CodeAsync("say something"), clear),
            new Timed(() => session.CodeAsync(callPrompt), clear),
            new Timed(() => shell.RunAsync(":")));
        table.Add($"{agent}: prompt to first token", medians[1], "ms", medians[0]);
        table.Add($"{agent}: a turn without tools", medians[3], "ms", medians[2], agent == AgentOptions.BuiltIn ? "<= floor + 5 ms" : null);
        table.Add($"{agent}: a tool call more in a turn", medians[4] - medians[3], "ms", medians[2] + medians[5], agent == AgentOptions.BuiltIn ? "<= floor + 2 ms" : null);
        await session.DisposeAsync();
        await host.CleanUpAsync(session.Id, removeWorkspace: true);

        async Task FirstTokenAsync()
        {
            turn = session.StreamAsync("say something").GetAsyncEnumerator();
            while (await turn.MoveNextAsync() && turn.Current is not TextDelta)
            {
            }
        }

        async Task RestAsync()
        {
            while (await turn!.MoveNextAsync())
            {
            }
            await turn.DisposeAsync();
            await clear();
        }
    }

    /// <summary>Lets the bench's home see the installed program. Null if it is there.</summary>
    private static string? Install(string home)
    {
        var installed = $"{Environment.GetEnvironmentVariable("STATEROOM_HOME") ?? (Environment.IsPrivilegedProcess ? "/var/lib/stateroom" : $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.stateroom")}/agents";
        if (!Directory.Exists($"{installed}/{AgentOptions.ClaudeCode}")) return $"it is not installed; 'stateroom agent install {AgentOptions.ClaudeCode}' does that";
        if (!Directory.Exists($"{home}/agents/{AgentOptions.ClaudeCode}"))
        {
            Directory.Delete($"{home}/agents");
            Directory.CreateSymbolicLink($"{home}/agents", installed);
        }
        return null;
    }

    /// <summary>The model without an agent.</summary>
    private sealed class BareModel(Uri address) : IAsyncDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = address };

        // About what the builtin agent's instructions and tools come to.
        private static readonly string System = new('x', 6000);

        public async Task AskAsync(string prompt, bool untilFirst)
        {
            var body = $$"""{"model":"m","max_tokens":100,"stream":true,"system":"{{System}}","messages":[{"role":"user","content":"{{prompt}}"}]}""";
            using var request = new HttpRequestMessage(HttpMethod.Post, "v1/messages") { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
            request.Headers.Add("x-api-key", "bench");
            request.Headers.Add("anthropic-version", "2023-06-01");
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line)
            {
                if (untilFirst && line.Contains("text_delta", StringComparison.Ordinal)) return;
            }
        }

        public ValueTask DisposeAsync()
        {
            _http.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
