using System.Text.Json;
using Stateroom.Agents.BuiltIn;

namespace Stateroom.Tests.Agents;

public sealed class TurnTests
{
    private const string EchoTurn = """
        { "prompt": "greet", "replies": [
          { "text": "I will ask the room, which knows best.", "tools": [ { "name": "bash", "input": { "command": "echo hello from $PWD" } } ] },
          { "text": "The room says: {{tool_result:1}}" } ] }
        """;

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task A_prompt_is_answered_with_what_the_tools_really_did()
    {
        await using var desk = await AgentDesk.StartAsync(EchoTurn);
        var (result, events) = await desk.PromptAsync("greet me", cancellationToken: Soon);

        Assert.True(result.Success, result.Error);
        Assert.Equal("The room says: hello from /workspace", result.Response);
        Assert.Equal(2, result.Turns);
        Assert.Null(result.ErrorCode);
        var call = Assert.Single(events.OfType<ToolCallStarted>());
        Assert.Equal("bash", call.Tool);
        Assert.Equal("echo hello from $PWD", call.Input.GetProperty("command").GetString());
        Assert.Equal(new ToolCallCompleted(call.CallId, false, "hello from /workspace\n"), Assert.Single(events.OfType<ToolCallCompleted>()));
        Assert.Single(events.OfType<TurnCompleted>());
    }

    [Fact]
    public async Task A_reader_sees_the_text_in_pieces_as_it_comes()
    {
        await using var desk = await AgentDesk.StartAsync(EchoTurn);
        var (_, events) = await desk.PromptAsync("greet me", cancellationToken: Soon);
        var before = events.TakeWhile(e => e is not ToolCallStarted).OfType<TextDelta>().ToList();
        Assert.True(before.Count > 1);
        Assert.Equal("I will ask the room, which knows best.", string.Concat(before.Select(d => d.Text)));
    }

    [Fact]
    public async Task Messages_are_stored_as_they_happen_as_content_blocks()
    {
        await using var desk = await AgentDesk.StartAsync(EchoTurn);
        var stored = new List<(string, int)>();
        await foreach (var item in desk.StreamAsync("greet me", cancellationToken: Soon))
            stored.Add((item.GetType().Name, desk.Messages.Count));

        Assert.Equal(["user", "assistant", "tool", "assistant"], desk.Messages.Select(m => m.Role));
        Assert.Contains(("ToolCallStarted", 2), stored);
        Assert.Contains(("ToolCallCompleted", 2), stored);
        Assert.Contains(("TurnCompleted", 4), stored);
        var use = desk.Messages[1].Content[1];
        Assert.Equal(("tool_use", "bash"), (use.GetProperty("type").GetString(), use.GetProperty("name").GetString()));
        var toolResult = desk.Messages[2].Content[0];
        Assert.Equal("tool_result", toolResult.GetProperty("type").GetString());
        Assert.Equal(use.GetProperty("id").GetString(), toolResult.GetProperty("tool_use_id").GetString());
        Assert.Equal("hello from /workspace\n", toolResult.GetProperty("content").GetString());
        Assert.False(toolResult.GetProperty("is_error").GetBoolean());
    }

    [Fact]
    public async Task Several_calls_in_one_reply_are_answered_together_in_order()
    {
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "", "replies": [
              { "tools": [ { "name": "bash", "input": { "command": "echo one" } }, { "name": "view", "input": { "path": "missing" } }, { "name": "bash", "input": { "command": "echo three" } } ] },
              { "text": "{{tool_result:1}} {{tool_result:3}}" } ] }
            """);
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("one three", result.Response);
        var blocks = desk.Messages.Single(m => m.Role == "tool").Content.EnumerateArray().ToList();
        Assert.Equal([false, true, false], blocks.Select(b => b.GetProperty("is_error").GetBoolean()));
    }

    [Fact]
    public async Task A_turn_ends_at_its_limit_of_requests_as_a_failure()
    {
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "", "replies": [ { "text": "step 1", "tools": [ { "name": "bash", "input": { "command": "true" } } ] },
                                         { "text": "step 2", "tools": [ { "name": "bash", "input": { "command": "true" } } ] }, { "text": "never" } ] }
            """);
        desk.Options = new AgentOptions { MaxTurns = 2 };
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.False(result.Success);
        Assert.Equal("max_turns", result.ErrorCode);
        Assert.Equal(2, result.Turns);
        Assert.Equal("step 2", result.Response);
        Assert.Equal(2, desk.Server.Requests.Count);
    }

    [Theory]
    [InlineData("""{ "text": "" }""", "no_result")]
    [InlineData("""{ "text": "I cannot", "stop_reason": "refusal" }""", "refusal")]
    [InlineData("""{ "text": "and so on and", "stop_reason": "max_tokens" }""", "output_limit")]
    public async Task An_end_without_a_whole_answer_is_a_failure(string reply, string code)
    {
        await using var desk = await AgentDesk.StartAsync($$"""{ "prompt": "", "replies": [ {{reply}} ] }""");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.False(result.Success);
        Assert.Equal(code, result.ErrorCode);
        Assert.NotNull(result.Error);
    }

    [Fact]
    public async Task Tool_calls_of_a_reply_that_was_cut_off_are_not_run()
    {
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "touch ran" } } ], "stop_reason": "max_tokens" }, { "text": "ok" } ] }
            """);
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success);
        Assert.True(Assert.Single(events.OfType<ToolCallCompleted>()).IsError);
        Assert.False(File.Exists(desk.PathOf("ran")));
    }

    [Fact]
    public async Task Tokens_are_those_of_the_turns_requests_added_up()
    {
        await using var desk = await AgentDesk.StartAsync(EchoTurn);
        var (first, _) = await desk.PromptAsync("greet me", cancellationToken: Soon);
        var (second, _) = await desk.PromptAsync("greet me", cancellationToken: Soon);
        var expected = desk.Server.Requests.Take(2).Sum(r => Stateroom.Testing.Messages.TokenEstimate.Of(r.Body, "system", "tools", "messages"));
        Assert.Equal(expected, first.InputTokens);
        Assert.True(first.OutputTokens > 0);
        Assert.Equal(first.OutputTokens, second.OutputTokens);
    }

    [Fact]
    public async Task The_model_gets_our_instructions_then_the_users_and_the_chosen_model()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "ok" } ] }""");
        await desk.PromptAsync("go", cancellationToken: Soon);
        desk.Options = new AgentOptions { Model = "claude-haiku-5-5", SystemPrompt = "Answer in Welsh." };
        await desk.PromptAsync("go", cancellationToken: Soon);

        var bodies = desk.Server.Requests.Select(r => r.Body).ToList();
        Assert.Equal("claude-opus-5-5", bodies[0].GetProperty("model").GetString());
        Assert.Equal("claude-haiku-5-5", bodies[1].GetProperty("model").GetString());
        var system = bodies[1].GetProperty("system")[0].GetProperty("text").GetString()!;
        Assert.Contains("/workspace", system, StringComparison.Ordinal);
        Assert.EndsWith("Answer in Welsh.", system, StringComparison.Ordinal);
        Assert.Equal(["bash", "create", "edit", "insert", "list", "search", "view"], bodies[0].GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("name").GetString()).Order());
    }

    [Fact]
    public async Task Every_request_marks_how_far_the_provider_may_reuse_the_last_one()
    {
        await using var desk = await AgentDesk.StartAsync(EchoTurn);
        await desk.PromptAsync("greet me", cancellationToken: Soon);
        foreach (var request in desk.Server.Requests)
        {
            var text = request.Body.GetRawText();
            Assert.Equal(2, text.Split("cache_control").Length - 1);
            Assert.True(request.Body.GetProperty("messages").EnumerateArray().Last().GetProperty("content").EnumerateArray().Last().TryGetProperty("cache_control", out _));
        }
    }

    [Fact]
    public async Task Thinking_is_shown_and_stored_and_goes_back_unchanged_within_the_turn()
    {
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "first", "replies": [ { "thinking": "What would the shell say to this?", "redacted_thinking": "b64==", "text": "So:", "tools": [ { "name": "bash", "input": { "command": "echo hi" } } ] }, { "text": "ok" } ] },
            { "prompt": "second", "replies": [ { "text": "fine" } ] }
            """);
        var (result, events) = await desk.PromptAsync("first", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.Equal("What would the shell say to this?", string.Concat(events.OfType<ThinkingDelta>().Select(d => d.Text)));
        Assert.Equal("ok", result.Response);
        Assert.Equal(["thinking", "redacted_thinking", "text", "tool_use"], desk.Messages[1].Content.EnumerateArray().Select(b => b.GetProperty("type").GetString()));
        Assert.Equal("b64==", desk.Messages[1].Content[1].GetProperty("data").GetString());
        (result, _) = await desk.PromptAsync("second", desk.NewAgent(), Soon);
        Assert.True(result.Success, result.Error);
    }

    [Fact]
    public async Task A_lost_room_ends_the_turn_with_its_code_and_a_whole_conversation()
    {
        await using var desk = await AgentDesk.StartAsync(EchoTurn);
        TurnResult? result = null;
        await foreach (var item in desk.StreamAsync("greet me", cancellationToken: Soon))
        {
            if (item is ToolCallStarted)
                await desk.Session.Sandbox.StopAsync().WaitAsync(Patience.Limit);
            result = (item as TurnCompleted)?.Result;
        }

        Assert.Equal("sandbox_lost", result!.ErrorCode);
        Assert.Equal("tool", desk.Messages[^1].Role);
        await desk.Session.RestoreAsync().WaitAsync(Patience.Limit);
        (result, _) = await desk.PromptAsync("greet me again", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
    }

    [Fact]
    public void The_default_model_is_one_that_the_official_client_knows()
    {
        var names = Enum.GetValues<Anthropic.Models.Messages.Model>().Select(m => JsonSerializer.Serialize(m).Trim('"'));
        Assert.Contains(new BuiltInAgentOptions().DefaultModel, names);
    }
}
