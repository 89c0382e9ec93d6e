namespace Stateroom.Tests.Agents.Conformance;

// What a turn does and tells.
public abstract partial class AgentConformance
{
    [Fact]
    public async Task An_answer_comes_in_pieces_and_as_a_whole()
    {
        const string Answer = "A room is a place of its own, with a door that can be shut.";
        await ModelAsync(Turn("what", Reply(Answer)));
        await using var session = await SessionAsync();
        var (result, events) = await PromptAsync(session, "what is a room?");
        Assert.True(result.Success, result.Error);
        Assert.Equal(Answer, result.Response);
        Assert.True(events.OfType<TextDelta>().Count() > 1);
        Assert.Equal(Answer, string.Concat(events.OfType<TextDelta>().Select(d => d.Text)));
        Assert.Equal(1, result.Turns);
        Assert.True(result.InputTokens > 0 && result.OutputTokens > 0 && result.Duration > TimeSpan.Zero);
        Assert.Equal(Answer, (await session.CodeAsync("what is it?", cancellationToken: Soon)).Response);
    }

    [Fact]
    public async Task Tools_work_in_the_room_and_what_they_did_is_told_and_stored()
    {
        await ModelAsync(Turn("make",
            Reply("First the file.", Create("/workspace/new.txt", "alpha\n")),
            Reply(null, View("/workspace/new.txt")),
            Reply(null, Edit("/workspace/new.txt", "alpha", "beta")),
            Reply(null, Run("cat new.txt; echo more >> old.txt; pwd")),
            Reply("{{tool_result:4}}")));
        await using var session = await SessionAsync();
        await File.WriteAllTextAsync(PathOf(session, "old.txt"), "old\n", Soon);
        var stored = new List<long>();
        var events = new List<TurnEvent>();
        await foreach (var item in session.StreamAsync("make it", cancellationToken: Soon))
        {
            events.Add(item);
            if (item is ToolCallCompleted)
                stored.Add(await session.CountMessagesAsync());
        }

        var result = Assert.IsType<TurnCompleted>(events[^1]).Result;
        Assert.True(result.Success, result.Error);
        Assert.Equal("beta\n/workspace", result.Response);
        Assert.Equal(5, result.Turns);
        Assert.All(events.OfType<ToolCallCompleted>(), c => Assert.False(c.IsError, c.Output));
        Assert.Equal(events.OfType<ToolCallStarted>().Select(c => c.CallId), events.OfType<ToolCallCompleted>().Select(c => c.CallId));
        Assert.Contains("alpha", events.OfType<ToolCallCompleted>().ElementAt(1).Output, StringComparison.Ordinal);
        Assert.Equal(["new.txt"], events.OfType<FileCreated>().Select(f => f.Path));
        Assert.Equal(["old.txt"], events.OfType<FileChanged>().Select(f => f.Path));
        Assert.Equal(["new.txt"], result.FilesCreated);
        Assert.Equal(["old.txt"], result.FilesChanged);

        // Stored as it happened, not at the end.
        Assert.Equal(stored.Order(), stored);
        Assert.True(stored[0] >= 2 && stored[^1] > stored[0], string.Join(' ', stored));
        var messages = await session.ReadMessagesAsync().ToListAsync();
        Assert.Equal(Enumerable.Range(1, messages.Count).Select(n => (long)n), messages.Select(m => m.Sequence));
        Assert.Equal(("user", "assistant"), (messages[0].Role, messages[^1].Role));
        Assert.Contains("beta\\n", messages.Last(m => m.Role == "tool").Content.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_calls_of_one_reply_are_all_run_and_answered()
    {
        await ModelAsync(Turn("all", Reply(null, Run("echo one"), View("/workspace/f"), Run("echo three")), Reply("all done")));
        await using var session = await SessionAsync();
        await File.WriteAllTextAsync(PathOf(session, "f"), "two\n", Soon);
        var (result, events) = await PromptAsync(session, "all at once");
        Assert.True(result.Success, result.Error);
        // In whatever order they end, each call has its own result.
        var results = events.OfType<ToolCallCompleted>().ToDictionary(c => c.CallId, c => c.Output);
        var expected = new[] { "one", "two", "three" };
        Assert.Equal(expected.Length, results.Count);
        Assert.All(events.OfType<ToolCallStarted>().Zip(expected), call => Assert.Contains(call.Second, results[call.First.CallId], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Thinking_is_told_apart_from_the_answer_and_goes_back_to_the_model()
    {
        await ModelAsync(Turn("think", $$"""{ "thinking": "What would the shell say?", "tools": [ {{Run("echo 42")}} ] }""", Reply("{{tool_result:1}}")));
        await using var session = await SessionAsync();
        var (result, events) = await PromptAsync(session, "think");
        Assert.True(result.Success, result.Error);
        Assert.Equal("42", result.Response);
        Assert.Contains("What would the shell say?", string.Concat(events.OfType<ThinkingDelta>().Select(d => d.Text)), StringComparison.Ordinal);
        Assert.DoesNotContain("shell say", string.Concat(events.OfType<TextDelta>().Select(d => d.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_ends_at_its_limit_of_requests_as_a_failure()
    {
        await ModelAsync(Next, Turn("go", Reply("one", Run("true")), Reply("two", Run("true")), Reply("three", Run("true")), Reply("never")));
        await using var session = await SessionAsync(configure: o => o with { MaxTurns = 2 });
        var (result, _) = await PromptAsync(session, "go");
        Assert.Equal((false, "max_turns"), (result.Success, result.ErrorCode));
        await GoesOnAsync(session);
    }

    [Fact]
    public async Task A_turn_ends_before_it_goes_on_beyond_its_budget()
    {
        const string Usage = "\"usage\": { \"input_tokens\": 900, \"output_tokens\": 100 }";
        await ModelAsync(Next, Turn("go", $$"""{ {{Usage}}, "tools": [ {{Run("true")}} ] }""", $$"""{ {{Usage}}, "tools": [ {{Run("true")}} ] }""", Reply("never")));
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "go", new TurnOptions { TokenBudget = 1500 });
        Assert.Equal((false, "token_budget"), (result.Success, result.ErrorCode));
        await GoesOnAsync(session);
    }

    [Fact]
    public async Task Output_of_any_size_is_told_in_bounds_and_a_long_answer_comes_whole()
    {
        await ModelAsync(Turn("huge", Reply(null, Run("head -c 5000000 /dev/zero | tr '\\0' x")), """{ "text": "0123456789", "repeat": 50000 }"""));
        await using var session = await SessionAsync();
        var (result, events) = await PromptAsync(session, "huge");
        Assert.True(result.Success, result.Error);
        Assert.Equal(500_000, result.Response.Length);
        Assert.InRange(Assert.Single(events.OfType<ToolCallCompleted>()).Output.Length, 1, 200_000);
        Assert.InRange(Sent.Last().Length, 1, 300_000);
    }

    [Fact]
    public async Task A_model_that_answers_slowly_is_waited_for()
    {
        await ModelAsync(Turn("slow", """{ "text": "word by word, and with long rests in between, it came to its end.", "pace_ms": 50, "delay_ms": 200 }"""));
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "slow");
        Assert.EndsWith("it came to its end.", result.Response, StringComparison.Ordinal);
    }
}
