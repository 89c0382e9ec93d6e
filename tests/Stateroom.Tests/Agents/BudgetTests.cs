using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn;

namespace Stateroom.Tests.Agents;

public sealed class BudgetTests
{
    private const string Step = """{ "text": "step", "tools": [ { "name": "bash", "input": { "command": "true" } } ], "usage": { "input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 90 } }""";

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task A_turn_ends_before_the_request_that_would_begin_beyond_its_budget()
    {
        await using var desk = await AgentDesk.StartAsync($$"""{ "prompt": "", "replies": [ {{Step}}, {{Step}}, { "text": "never" } ] }""");
        desk.Options = new AgentOptions { TokenBudget = 2000 };
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal((false, "token_budget", "step"), (result.Success, result.ErrorCode, result.Response));
        Assert.Equal((2, 1980, 20), (result.Turns, result.InputTokens, result.OutputTokens));
        Assert.Equal(2, desk.Server.Requests.Count);
        Assert.Equal("tool", desk.Messages[^1].Role);
    }

    [Fact]
    public async Task A_turn_within_its_budget_is_not_disturbed_and_the_next_one_counts_anew()
    {
        await using var desk = await AgentDesk.StartAsync($$"""{ "prompt": "", "replies": [ {{Step}}, { "text": "ok" } ] }""");
        desk.Options = new AgentOptions { TokenBudget = 1001 };
        for (var i = 0; i < 2; i++)
        {
            var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
            Assert.True(result.Success, result.Error);
        }
    }

    [Fact]
    public async Task The_budget_of_a_client_that_does_not_count_is_held_by_size()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "unused" } ] }""");
        desk.Options = new AgentOptions { TokenBudget = 200 };
        desk.Configure = options => options with { ChatClientFactory = _ => new CallingClient() };
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("token_budget", result.ErrorCode);
        Assert.Null(result.InputTokens);
        Assert.Null(result.CostUsd);
    }

    [Fact]
    public async Task What_a_turn_costs_is_known_when_the_price_is()
    {
        await using var desk = await AgentDesk.StartAsync($$"""{ "prompt": "", "replies": [ {{Step}}, {{Step.Replace("\"tools\": [ { \"name\": \"bash\", \"input\": { \"command\": \"true\" } } ], ", "", StringComparison.Ordinal)}} ] }""");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Null(result.CostUsd);
        desk.Configure = options => options with { Prices = new Dictionary<string, ModelPrice> { ["dear"] = new(5m, 25m, 0.5m, 6.25m) } };
        desk.Options = new AgentOptions { Model = "dear" };
        (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        // Two requests of 100 tokens read, 800 of the cache, 90 into it, and 10 written.
        Assert.Equal(2 * (100 * 5m + 800 * 0.5m + 90 * 6.25m + 10 * 25m) / 1_000_000, result.CostUsd);
    }

    [Fact]
    public async Task A_budget_of_nothing_is_a_configuration_error()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "unused" } ] }""");
        Assert.Throws<AgentConfigurationException>(() => desk.NewAgent().CheckConfiguration(new AgentOptions { TokenBudget = 0 }));
    }

    // Calls a tool for ever and tells no usage.
    private sealed class CallingClient : IChatClient
    {
        private int _calls;

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.CompletedTask;
            yield return new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent($"c{++_calls}", "view", new Dictionary<string, object?> { ["path"] = "." })]);
        }

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("The agent streams.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
