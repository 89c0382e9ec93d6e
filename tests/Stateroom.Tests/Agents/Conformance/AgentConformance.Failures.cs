namespace Stateroom.Tests.Agents.Conformance;

// What goes wrong between the agent and its model. A prompt without an answer stands before the next one, so the script looks for that first.
public abstract partial class AgentConformance
{
    [Fact]
    public async Task A_key_that_is_refused_is_told_at_once_with_where_to_set_it()
    {
        await ModelAsync("another key", [Turn("go", Reply("never"))]);
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "go");
        Assert.Equal((false, "authentication_error"), (result.Success, result.ErrorCode));
        Assert.Contains(KeyHint, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(ConformanceAgents.Key, result.Error, StringComparison.Ordinal);
        Assert.Single(Model.Requests, r => r.Path.StartsWith("/v1/messages", StringComparison.Ordinal));
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
    }

    [Theory]
    [InlineData(429, "rate_limit_error")]
    [InlineData(500, "api_error")]
    [InlineData(529, "overloaded_error")]
    public async Task A_model_that_is_never_there_fails_the_turn_after_bounded_tries(int status, string type)
    {
        await ModelAsync(Next, Turn("go", $$"""{ "error": { "status": {{status}}, "type": "{{type}}", "message": "come back later" } }"""));
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "go");
        Assert.Equal((false, "model_error"), (result.Success, result.ErrorCode));
        Assert.Contains("come back later", result.Error, StringComparison.Ordinal);
        Assert.InRange(Model.Requests.Count, 1, 20);
        await GoesOnAsync(session);
    }

    [Theory]
    [InlineData(429, "rate_limit_error")]
    [InlineData(529, "overloaded_error")]
    public async Task A_model_that_is_busy_for_a_while_answers_in_the_end(int status, string type)
    {
        await ModelAsync(Turn("go", $$"""{ "text": "at last", "error": { "status": {{status}}, "type": "{{type}}", "times": 2 } }"""));
        await using var session = await SessionAsync();
        var (result, events) = await PromptAsync(session, "go");
        Assert.True(result.Success, result.Error);
        Assert.Equal("at last", result.Response);
        if (TellsOfRetries)
            Assert.Equal(2, events.OfType<Notice>().Count(n => n.Text.Contains("trying again", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("abort", true)]
    [InlineData("abort", false)]
    [InlineData("end", true)]
    [InlineData("end", false)]
    [InlineData("malformed", true)]
    [InlineData("malformed", false)]
    public async Task A_reply_that_breaks_off_is_asked_for_again_or_fails_but_is_never_taken_for_whole(string how, bool atStart)
    {
        await ModelAsync(Next, Turn("go", $$"""{ "text": "The answer is 42.", "break": { "how": "{{how}}", "at_start": {{(atStart ? "true" : "false")}}, "times": 1 } }"""));
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "go");
        if (result.Success)
            Assert.True(Model.Requests.Count > 1, "The broken reply was taken for whole.");
        else
            Assert.NotNull(result.ErrorCode);
        await GoesOnAsync(session);
    }

    [Fact]
    public async Task A_request_that_the_model_refuses_fails_the_turn_with_its_words()
    {
        await ModelAsync(Next, Turn("go", """{ "error": { "status": 400, "type": "invalid_request_error", "message": "this will not do" } }"""));
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "go");
        Assert.Equal((false, "model_error"), (result.Success, result.ErrorCode));
        Assert.Contains("this will not do", result.Error, StringComparison.Ordinal);
        await GoesOnAsync(session);
    }
}
