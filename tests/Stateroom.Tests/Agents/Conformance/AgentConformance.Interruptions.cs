namespace Stateroom.Tests.Agents.Conformance;

// Turns that do not come to their end, and turns that meet.
public abstract partial class AgentConformance
{
    // Tells that it has begun by a file, and ends when a line comes.
    private string Held(string line = "read x < go; echo $x") => Run($"mkfifo go; touch begun; {line}");

    // In the room: returns when the tool has begun.
    private static async Task BegunAsync(ISession session) =>
        Assert.True((await session.RunAsync("while [ ! -e begun ]; do sleep 0.02; done", cancellationToken: Soon)).Success);

    [Fact]
    public async Task An_interrupt_in_a_tool_ends_what_it_started_and_the_session_takes_the_next_prompt()
    {
        await ModelAsync(Next, Turn("long", Reply("I will", Held("sleep 12345 & sleep 12346"))));
        await using var session = await SessionAsync();
        using var interrupt = new CancellationTokenSource(Limit);
        var turn = session.CodeAsync("long", cancellationToken: interrupt.Token);
        await BegunAsync(session);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn.WaitAsync(Limit));
        await UntilNoneAsync(session, "12345");
        await UntilNoneAsync(session, "12346");
        await GoesOnAsync(session);
    }

    [Fact]
    public async Task An_interrupt_stops_a_model_that_is_still_answering()
    {
        await ModelAsync(Next, Turn("hang", """{ "text": "Let me think about this for a good long while", "hang": true }"""));
        await using var session = await SessionAsync();
        using var interrupt = new CancellationTokenSource(Limit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var item in session.StreamAsync("hang", cancellationToken: interrupt.Token))
                if (item is TextDelta)
                    await interrupt.CancelAsync();
        });
        await GoesOnAsync(session);
    }

    [Fact]
    public async Task A_stream_that_its_reader_leaves_blocks_nobody()
    {
        await ModelAsync(Next, Turn("long", Reply("I will", Held("sleep 12347"))));
        await using var session = await SessionAsync();
        await foreach (var item in session.StreamAsync("long", cancellationToken: Soon))
            if (item is ToolCallStarted)
                break;
        await GoesOnAsync(session);
    }

    [Fact]
    public async Task A_process_that_is_killed_in_its_turn_leaves_a_session_that_goes_on()
    {
        await ModelAsync(Next, Turn("long", Reply("I will", Run("echo done before")), Reply(null, Held("sleep 12348"))));
        await using var session = await SessionAsync();
        await using (var child = Child("one", "long"))
        {
            await BegunAsync(session);
            Assert.Equal(SessionState.Busy, (await session.GetInfoAsync()).State);
            await child.KillAsync();
        }

        var (result, _) = await PromptAsync(session, "next");
        Assert.True(result.Success, result.Error);
        Assert.Equal("on we go", result.Response);
        // What the killed one did is known, and every call has an answer: the model refuses any other conversation.
        Assert.Contains("done before", Sent.Last(), StringComparison.Ordinal);
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
        var messages = await session.ReadMessagesAsync().ToListAsync();
        Assert.Equal(messages.Select(m => m.Sequence).Distinct().Order(), messages.Select(m => m.Sequence));
    }

    [Fact]
    public async Task Prompts_of_two_processes_are_answered_one_after_the_other()
    {
        await ModelAsync(Turn("first", Reply(null, Held()), Reply("{{tool_result:1}}")), Turn("second", Reply("second answer")));
        await using var session = await SessionAsync();
        await using var child = Child("one", "first");
        await BegunAsync(session);
        var second = session.CodeAsync("second", cancellationToken: Soon);
        Assert.False(second.IsCompleted);
        await session.RunAsync("echo released > go", cancellationToken: Soon);
        Assert.Equal("True: released", await child.ResultAsync());
        Assert.Equal("second answer", (await second).Response);
        var messages = await session.ReadMessagesAsync().ToListAsync();
        var prompts = messages.Where(m => m.Role == "user" && !m.Content.GetRawText().Contains("tool_result", StringComparison.Ordinal)).Select(m => m.Sequence).ToList();
        Assert.Equal(2, prompts.Count);
        Assert.Equal(messages.Count - 1, prompts[1]);
        Assert.Contains("released", Sent.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_room_that_is_lost_fails_the_turn_and_the_next_prompt_gets_another()
    {
        await ModelAsync(Next, Turn("long", Reply("I will", Held("sleep 12349"))));
        await using var session = await SessionAsync();
        var turn = session.CodeAsync("long", cancellationToken: Soon);
        await BegunAsync(session);
        await session.Sandbox.StopAsync().WaitAsync(Limit);
        var result = await turn.WaitAsync(Limit);
        Assert.Equal((false, "sandbox_lost"), (result.Success, result.ErrorCode));
        (result, _) = await PromptAsync(session, "next");
        Assert.Equal("on we go", result.Response);
    }

    private static async Task UntilNoneAsync(ISession session, string argument)
    {
        using var limit = new CancellationTokenSource(Limit);
        while ((await session.Sandbox.ListProcessesAsync(limit.Token)).Any(p => p.Arguments.Contains(argument)))
            await Task.Delay(5, limit.Token);
    }
}
