using System.Net;
using System.Net.Sockets;
using Stateroom.Agents.BuiltIn;
using Stateroom.Agents.Credentials;

namespace Stateroom.Tests.Agents;

public sealed class ModelFailureTests
{
    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Theory]
    [InlineData(429, "rate_limit_error")]
    [InlineData(500, "api_error")]
    [InlineData(529, "overloaded_error")]
    public async Task A_busy_model_is_asked_again_after_growing_waits(int status, string type)
    {
        await using var desk = await AgentDesk.StartAsync(
            $$"""{ "prompt": "", "replies": [ { "text": "at last", "error": { "status": {{status}}, "type": "{{type}}", "times": 3 } } ] }""");
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.Equal("at last", result.Response);
        Assert.Collection(desk.Time.Waits, w => Assert.InRange(w.TotalSeconds, 1, 1.25), w => Assert.InRange(w.TotalSeconds, 2, 2.5), w => Assert.InRange(w.TotalSeconds, 4, 5));
        Assert.Equal(1, result.Turns);
        var told = events.OfType<Notice>().Select(n => n.Text).ToList();
        Assert.Equal(3, told.Count);
        Assert.Contains($" ({status}); trying again in ", told[0], StringComparison.Ordinal);
        Assert.EndsWith(" s (3 of 4).", told[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("3600", 60)]
    [InlineData("Mon, 01 Jan 2024 00:00:20 GMT", 20)]
    [InlineData("Mon, 01 Jan 2024 08:00:00 GMT", 60)]
    public async Task What_the_provider_says_about_when_to_come_back_is_heeded_up_to_a_minute(string header, int seconds)
    {
        await using var desk = await AgentDesk.StartAsync(
            $$"""{ "prompt": "", "replies": [ { "text": "at last", "error": { "status": 529, "type": "overloaded_error", "times": 1, "retry_after": "{{header}}" } } ] }""");
        desk.Time.UtcNow = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.Equal([seconds], desk.Time.Waits.Select(w => w.TotalSeconds));
        Assert.Equal($"The model is overloaded (529); trying again in {seconds} s (1 of 4).", Assert.Single(events.OfType<Notice>()).Text);
    }

    [Theory]
    [InlineData("abort")]
    [InlineData("end")]
    [InlineData("malformed")]
    public async Task A_stream_that_breaks_off_before_the_answer_is_asked_for_again(string how)
    {
        await using var desk = await AgentDesk.StartAsync(
            $$"""{ "prompt": "", "replies": [ { "thinking": "hm", "text": "at last", "break": { "how": "{{how}}", "at_start": true, "times": 1 } } ] }""");
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.Equal("at last", result.Response);
        Assert.Single(events.OfType<Notice>());
    }

    [Theory]
    [InlineData("abort")]
    [InlineData("end")]
    [InlineData("malformed")]
    public async Task A_stream_that_breaks_off_in_the_answer_is_a_failure_that_keeps_what_was_shown(string how)
    {
        await using var desk = await AgentDesk.StartAsync($$"""{ "prompt": "", "replies": [ { "text": "The answer is", "break": { "how": "{{how}}" } } ] }""");
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal((false, "model_error", "The answer is"), (result.Success, result.ErrorCode, result.Response));
        Assert.Empty(events.OfType<Notice>());
        Assert.Equal("The answer is", desk.Messages[^1].Content[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task A_model_that_stays_busy_fails_the_turn_with_what_it_said()
    {
        await using var desk = await AgentDesk.StartAsync(
            """{ "prompt": "", "replies": [ { "error": { "status": 529, "type": "overloaded_error", "message": "come back later" } } ] }""");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.False(result.Success);
        Assert.Equal("model_error", result.ErrorCode);
        Assert.Contains("come back later", result.Error, StringComparison.Ordinal);
        Assert.Equal(5, desk.Server.Requests.Count);
    }

    [Theory]
    [InlineData(400, "invalid_request_error", "model_error")]
    [InlineData(401, "authentication_error", "authentication_error")]
    [InlineData(403, "permission_error", "authentication_error")]
    [InlineData(404, "not_found_error", "model_error")]
    public async Task A_request_that_cannot_succeed_is_not_repeated(int status, string type, string code)
    {
        await using var desk = await AgentDesk.StartAsync(
            $$"""{ "prompt": "", "replies": [ { "error": { "status": {{status}}, "type": "{{type}}", "message": "no, never" } } ] }""");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal(code, result.ErrorCode);
        Assert.Contains($"The model gave no reply: no, never (HTTP status {status}).", result.Error, StringComparison.Ordinal);
        Assert.Single(desk.Server.Requests);
        Assert.Equal(["user"], desk.Messages.Select(m => m.Role));
    }

    [Fact]
    public async Task A_wrong_key_is_told_at_once_and_never_shown()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "hi" } ] }""", serverKey: "another key");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("authentication_error", result.ErrorCode);
        Assert.Contains("invalid x-api-key", result.Error, StringComparison.Ordinal);
        Assert.Contains("the credential in ApiKey", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(AgentDesk.Key, result.Error, StringComparison.Ordinal);
        Assert.Empty(desk.Time.Waits);
    }

    [Fact]
    public async Task A_key_that_the_provider_repeats_is_taken_out_of_its_message()
    {
        await using var desk = await AgentDesk.StartAsync(
            $$"""{ "prompt": "", "replies": [ { "error": { "status": 400, "type": "invalid_request_error", "message": "bad key {{AgentDesk.Key}} given" } } ] }""");
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Contains("bad key [credential] given", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_that_breaks_off_is_a_failure_that_keeps_what_was_shown()
    {
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "", "replies": [ { "text": "The answer is", "error": { "status": 529, "type": "overloaded_error", "message": "too late", "in_stream": true } } ] }
            """);
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.False(result.Success);
        Assert.Equal("model_error", result.ErrorCode);
        Assert.Equal("The answer is", result.Response);
        Assert.Equal("The answer is", string.Concat(events.OfType<TextDelta>().Select(d => d.Text)));
        Assert.Equal("The answer is", desk.Messages[^1].Content[0].GetProperty("text").GetString());
        Assert.Single(desk.Server.Requests);
    }

    [Fact]
    public async Task A_model_that_never_answers_fails_the_turn_when_its_time_is_over()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "hang": true } ] }""");
        desk.Time.IsImpatient = true;
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("model_error", result.ErrorCode);
        Assert.Contains("in time", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure_after_bounded_tries()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "hi" } ] }""");
        var agent = new BuiltInAgent(new BuiltInAgentOptions { ApiKey = "k", BaseAddress = new Uri($"http://127.0.0.1:{port}"), Time = desk.Time });
        var (result, _) = await desk.PromptAsync("go", agent, Soon);
        Assert.Equal("model_error", result.ErrorCode);
        Assert.Contains($"connection to the model failed (127.0.0.1:{port}, named by the option BaseAddress): ", result.Error, StringComparison.Ordinal);
        Assert.Equal(4, desk.Time.Waits.Count);
    }

    [Fact]
    public async Task A_host_that_does_not_exist_is_told_at_once_with_what_names_it()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "hi" } ] }""");
        var agent = new BuiltInAgent(new BuiltInAgentOptions
        {
            ApiKey = "k", Time = desk.Time, Environment = name => name == "ANTHROPIC_BASE_URL" ? "http://user:word@no-such-host.invalid:8080/x" : null,
        });
        var (result, _) = await desk.PromptAsync("go", agent, Soon);
        Assert.Contains(" (no-such-host.invalid:8080, named by ANTHROPIC_BASE_URL): ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("word", result.Error, StringComparison.Ordinal);

        // Whether a resolver says so of a name is the host's affair.
        foreach (var (error, isTransient) in new[] { (SocketError.HostNotFound, false), (SocketError.NoData, false), (SocketError.TryAgain, true), (SocketError.ConnectionRefused, true) })
            Assert.Equal(isTransient, ModelFailure.From(new HttpRequestException("no", new SocketException((int)error)), "h:1").IsTransient);
    }

    [Fact]
    public void A_missing_key_is_an_error_before_any_work_that_says_what_to_set()
    {
        var agent = new BuiltInAgent(new BuiltInAgentOptions { Credentials = new ModelCredentialSource { Environment = _ => null } });
        var error = Assert.Throws<AgentConfigurationException>(() => agent.CheckConfiguration(new AgentOptions()));
        Assert.Contains("ANTHROPIC_API_KEY", error.Message, StringComparison.Ordinal);
        Assert.Contains("ANTHROPIC_AUTH_TOKEN", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ANTHROPIC_API_KEY")]
    [InlineData("ANTHROPIC_AUTH_TOKEN")]
    public async Task Key_or_token_and_address_are_taken_from_the_environment(string variable)
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "hi" } ] }""", serverKey: "from-the-environment");
        var agent = new BuiltInAgent(new BuiltInAgentOptions
        {
            Environment = name => name == variable ? "from-the-environment" : name == "ANTHROPIC_BASE_URL" ? desk.Server.BaseAddress.ToString() : null,
        });
        var (result, _) = await desk.PromptAsync("go", agent, Soon);
        Assert.True(result.Success, result.Error);
    }

    [Fact]
    public async Task A_refused_key_is_named_by_its_variable()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "hi" } ] }""", serverKey: "right");
        var agent = new BuiltInAgent(new BuiltInAgentOptions { BaseAddress = desk.Server.BaseAddress, Environment = name => name == "ANTHROPIC_AUTH_TOKEN" ? "wrong" : null });
        var (result, _) = await desk.PromptAsync("go", agent, Soon);
        Assert.Contains("refused the credential in ANTHROPIC_AUTH_TOKEN", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not an address")]
    [InlineData("file:///etc/passwd")]
    public void An_address_that_is_none_is_a_configuration_error(string address)
    {
        var agent = new BuiltInAgent(new BuiltInAgentOptions { ApiKey = "k", Environment = name => name == "ANTHROPIC_BASE_URL" ? address : null });
        var error = Assert.Throws<AgentConfigurationException>(() => agent.CheckConfiguration(new AgentOptions()));
        Assert.Contains("ANTHROPIC_BASE_URL", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_of_no_turns_is_a_configuration_error() =>
        Assert.Throws<AgentConfigurationException>(() => new BuiltInAgent(new BuiltInAgentOptions { ApiKey = "k" }).CheckConfiguration(new AgentOptions { MaxTurns = 0 }));
}
