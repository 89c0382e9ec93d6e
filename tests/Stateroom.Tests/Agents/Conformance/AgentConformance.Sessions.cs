namespace Stateroom.Tests.Agents.Conformance;

// The conversation across turns, handles, processes and rooms.
public abstract partial class AgentConformance
{
    private static readonly string[] Memory = [Turn("remember 42", Reply("I will remember 42.")), Turn("which number", Reply("It was that one."))];

    [Fact]
    public async Task A_second_prompt_remembers_the_first()
    {
        await ModelAsync(Memory);
        await using var session = await SessionAsync();
        await PromptAsync(session, "remember 42");
        await AssertRemembersAsync(session);
    }

    [Fact]
    public async Task Another_handle_goes_on_with_the_conversation()
    {
        await ModelAsync(Memory);
        await using (var session = await SessionAsync())
            await PromptAsync(session, "remember 42");
        await using var again = await Host().OpenAsync("one").WaitAsync(Limit);
        await AssertRemembersAsync(again);
    }

    [Fact]
    public async Task Another_process_goes_on_with_the_conversation_and_back()
    {
        await ModelAsync([.. Memory, Turn("say it", Reply("said"))]);
        await using var session = await SessionAsync();
        await PromptAsync(session, "remember 42");
        await using (var child = Child("one", "say it"))
            Assert.Equal("True: said", await child.ResultAsync());
        await AssertRemembersAsync(session);
        Assert.Contains("say it", Sent.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_was_closed_remembers_when_it_is_restored()
    {
        await ModelAsync(Memory);
        await using var session = await SessionAsync();
        await PromptAsync(session, "remember 42");
        await session.CloseAsync().WaitAsync(Limit);
        var requests = Model.Requests.Count;
        await session.RestoreAsync().WaitAsync(Limit);
        Assert.Equal(requests, Model.Requests.Count);
        await AssertRemembersAsync(session);
    }

    [Fact]
    public async Task Cleared_messages_are_forgotten()
    {
        await ModelAsync(Memory);
        await using var session = await SessionAsync();
        await PromptAsync(session, "remember 42");
        Assert.Equal(2, await session.ClearMessagesAsync().WaitAsync(Limit));
        var (result, _) = await PromptAsync(session, "which number?");
        Assert.True(result.Success, result.Error);
        Assert.DoesNotContain("42", Sent.Last(), StringComparison.Ordinal);
        Assert.Equal([3, 4], (await session.ReadMessagesAsync().ToListAsync()).Select(m => m.Sequence));
    }

    [Fact]
    public async Task Sessions_at_work_at_once_share_nothing()
    {
        await ModelAsync(
            Turn("red", Reply(null, Run("mkfifo ready; echo red > color; read x < ready; cat color")), Reply("{{tool_result:1}}")),
            Turn("blue", Reply(null, Run("mkfifo ready; echo blue > color; read x < ready; cat color")), Reply("{{tool_result:1}}")));
        await using var red = await SessionAsync("red");
        await using var blue = await SessionAsync("blue");
        var turns = new[] { PromptAsync(red, "paint it red"), PromptAsync(blue, "paint it blue") };
        // Both are in the middle of their turns.
        foreach (var session in new[] { red, blue })
            await session.RunAsync("while [ ! -e color ]; do sleep 0.02; done; echo > ready", cancellationToken: Soon);
        var answers = await Task.WhenAll(turns);
        Assert.Equal(["red", "blue"], answers.Select(a => a.Result.Response));
        Assert.All(Sent, s => Assert.False(s.Contains("paint it red", StringComparison.Ordinal) && s.Contains("paint it blue", StringComparison.Ordinal)));
    }

    private async Task AssertRemembersAsync(ISession session)
    {
        var (result, _) = await PromptAsync(session, "which number?");
        Assert.True(result.Success, result.Error);
        Assert.Equal("It was that one.", result.Response);
        Assert.Contains("remember 42", Sent.Last(), StringComparison.Ordinal);
        Assert.Contains("I will remember 42.", Sent.Last(), StringComparison.Ordinal);
    }
}
