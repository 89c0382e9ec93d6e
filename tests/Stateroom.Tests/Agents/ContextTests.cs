using System.Text.Json;

namespace Stateroom.Tests.Agents;

public sealed class ContextTests
{
    // The first turn that matches answers: requests for a summary hold the old prompts too.
    private const string Summary = """{ "prompt": "Write the summary", "replies": [ { "text": "GOAL: count. DECISION: by twos." } ] }""";

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task A_conversation_that_fills_the_context_is_summarised_before_the_newest_prompt()
    {
        await using var desk = await DeskAsync($$"""
            {{Summary}},
            { "prompt": "third", "replies": [ { "text": "done three", "tools": [ { "name": "bash", "input": { "command": "echo hi" } } ] }, { "text": "{{"{{tool_result:1}}"}}" } ] },
            { "prompt": "second", "replies": [ { "text": "done two. ", "repeat": 3000 } ] },
            { "prompt": "first", "replies": [ { "text": "done one" } ] }
            """);
        await desk.PromptAsync("first", cancellationToken: Soon);
        await desk.PromptAsync("second", cancellationToken: Soon);
        var (result, events) = await desk.PromptAsync("third", cancellationToken: Soon);
        Assert.Equal("hi", result.Response);
        Assert.Contains("what came before this prompt is summarised", Assert.Single(events.OfType<Notice>()).Text, StringComparison.Ordinal);
        Assert.Equal(2, result.Turns);

        // Asked for without tools, in plain text.
        var asked = desk.Server.Requests[2].Body;
        Assert.False(asked.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0);
        Assert.Contains("[user]\\nfirst", asked.GetProperty("messages")[0].GetRawText(), StringComparison.Ordinal);
        // Stored, and what stands before it is still there.
        Assert.Equal(["user", "assistant", "user", "assistant", "user", "system", "assistant", "tool", "assistant"], desk.Messages.Select(m => m.Role));
        var block = desk.Messages[5].Content[0];
        Assert.Equal(("summary", 4, "GOAL: count. DECISION: by twos."), (block.GetProperty("type").GetString(), block.GetProperty("through").GetInt64(), block.GetProperty("text").GetString()));

        // Another process goes on from the summary.
        desk.Configure = options => options;
        (result, _) = await desk.PromptAsync("third again", desk.NewAgent(), Soon);
        Assert.True(result.Success, result.Error);
        var sent = desk.Server.Requests[^1].Body.GetProperty("messages").GetRawText();
        Assert.Contains("GOAL: count.", sent, StringComparison.Ordinal);
        Assert.Contains("done three", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("done two", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_takes_in_the_one_before_it()
    {
        await using var desk = await DeskAsync($$"""
            {{Summary}},
            { "prompt": "", "replies": [ { "text": "a long answer. ", "repeat": 2000 } ] }
            """);
        for (var i = 0; i < 3; i++)
        {
            var (result, _) = await desk.PromptAsync($"prompt {i}", cancellationToken: Soon);
            Assert.True(result.Success, result.Error);
        }

        var asked = desk.Server.Requests.Where(r => r.Body.GetRawText().Contains("Write the summary", StringComparison.Ordinal)).Select(r => r.Body.GetProperty("messages").GetRawText()).ToList();
        Assert.Equal(2, asked.Count);
        Assert.Contains("[summary of what came before]\\nGOAL: count.", asked[1], StringComparison.Ordinal);
        Assert.DoesNotContain("prompt 0", asked[1], StringComparison.Ordinal);
        Assert.Equal(2, desk.Messages.Count(m => m.Role == "system"));
    }

    [Fact]
    public async Task A_provider_that_says_that_the_prompt_is_too_long_is_asked_again_with_a_summary()
    {
        await using var desk = await AgentDesk.StartAsync($$"""
            {{Summary}},
            { "prompt": "second", "replies": [ { "text": "ok", "error": { "status": 400, "type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum", "times": 1 } } ] },
            { "prompt": "first", "replies": [ { "text": "done one" } ] }
            """);
        await desk.PromptAsync("first", cancellationToken: Soon);
        var (result, events) = await desk.PromptAsync("second", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.Equal(("ok", 1), (result.Response, result.Turns));
        Assert.Single(events.OfType<Notice>());
    }

    [Fact]
    public async Task Within_a_turn_old_outputs_are_left_out_and_their_calls_stay()
    {
        var step = """{ "tools": [ { "name": "bash", "input": { "command": "seq 1 1500" } } ] }""";
        await using var desk = await DeskAsync($$"""{ "prompt": "", "replies": [ {{step}}, {{step}}, {{step}}, {{step}}, {{step}}, {{step}}, {{step}}, {{step}}, { "text": "ok" } ] }""");
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.NotEmpty(events.OfType<Notice>());
        Assert.All(events.OfType<Notice>(), n => Assert.Contains("old results of tools are left out", n.Text, StringComparison.Ordinal));
        Assert.All(desk.Server.Requests, r => Assert.Equal(200, r.StatusCode));
        Assert.All(desk.Server.Requests, r => Assert.InRange(r.Body.GetRawText().Length / 4, 0, 10_000));
        // What is stored is whole.
        Assert.All(desk.Messages.Where(m => m.Role == "tool"), m => Assert.EndsWith("1500\n", m.Content[0].GetProperty("content").GetString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_prompt_that_alone_is_too_long_fails_with_the_reason()
    {
        await using var desk = await AgentDesk.StartAsync(
            """{ "prompt": "", "replies": [ { "error": { "status": 400, "type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum" } } ] }""");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("context_limit", result.ErrorCode);
        Assert.Contains("clear the conversation", result.Error, StringComparison.Ordinal);
        Assert.Single(desk.Server.Requests);
    }

    [Theory]
    [InlineData("""{ "error": { "status": 400, "type": "invalid_request_error", "message": "no summary for you" } }""", "no summary for you")]
    [InlineData("""{ "text": "GOAL", "stop_reason": "max_tokens" }""", "no whole summary")]
    [InlineData("""{ "text": "" }""", "no whole summary")]
    public async Task A_summary_that_fails_fails_the_turn_and_says_so(string reply, string reason)
    {
        await using var desk = await DeskAsync($$"""
            { "prompt": "Write the summary", "replies": [ {{reply}} ] },
            { "prompt": "", "replies": [ { "text": "a long answer. ", "repeat": 2000 } ] }
            """);
        await desk.PromptAsync("first", cancellationToken: Soon);
        var (result, _) = await desk.PromptAsync("second", cancellationToken: Soon);
        Assert.Equal("model_error", result.ErrorCode);
        Assert.Contains("could not be summarised", result.Error, StringComparison.Ordinal);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("system", desk.Messages.Select(m => m.Role));
    }

    private static async Task<AgentDesk> DeskAsync(string turns)
    {
        var desk = await AgentDesk.StartAsync(turns);
        desk.Configure = options => options with { ContextTokens = 8000 };
        return desk;
    }
}
