using System.Net;
using System.Text.Json;
using Stateroom.Testing;

namespace Stateroom.Tests.Testing;

public sealed class ScriptedModelServerTests
{
    private const string Turn = """
        { "prompt": "go", "replies": [ { "text": "I will run this command for you.", "tools": [ { "name": "bash", "input": { "command": "echo a rather long line of text" } } ] },
                                       { "text": "It said: {{tool_result:1}}!" } ] }
        """;

    private const string Prompt = """{ "role": "user", "content": "go" }""";
    private const string Reply = """{ "role": "assistant", "content": "a" }""";
    private const string Note = """{ "role": "user", "content": "<system-reminder>be good</system-reminder>" }""";

    private const string AfterTool = """
        [ { "role": "user", "content": "go on" },
          { "role": "assistant", "content": [ { "type": "tool_use", "id": "t1", "name": "bash", "input": {} } ] },
          { "role": "user", "content": [ { "type": "tool_result", "tool_use_id": "t1", "content": [ { "type": "text", "text": "hello\n" } ] },
                                         { "type": "text", "text": "<system-reminder>be good</system-reminder>" } ] } ]
        """;

    [Fact]
    public async Task A_prompt_is_answered_in_one_piece_with_usage()
    {
        await using var client = await ModelClient.StartAsync(Turn);
        var (status, body) = await client.SendMessagesAsync("""[ { "role": "user", "content": "go on" } ]""");
        Assert.Equal(HttpStatusCode.OK, status);
        using var message = JsonDocument.Parse(body);
        Assert.Equal("tool_use", message.RootElement.GetProperty("stop_reason").GetString());
        Assert.Equal("I will run this command for you.", message.RootElement.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("echo a rather long line of text", message.RootElement.GetProperty("content")[1].GetProperty("input").GetProperty("command").GetString());
        Assert.True(message.RootElement.GetProperty("usage").GetProperty("input_tokens").GetInt32() > 0);
        Assert.True(message.RootElement.GetProperty("usage").GetProperty("output_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task A_stream_has_the_events_of_the_real_service_in_their_order()
    {
        await using var client = await ModelClient.StartAsync(Turn);
        var (_, body) = await client.SendMessagesAsync("""[ { "role": "user", "content": "go on" } ]""", """, "stream": true""");
        var events = body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => e.Split('\n')).ToList();
        Assert.All(events, e => Assert.Contains($"\"type\":\"{e[0]["event: ".Length..]}\"", e[1], StringComparison.Ordinal));
        var names = events.Select(e => e[0]["event: ".Length..]).ToList();
        Assert.Equal(["message_start", "content_block_start", "ping", "content_block_delta", "content_block_delta", "content_block_stop", "content_block_start"], names.Take(7));
        Assert.Equal(["content_block_stop", "message_delta", "message_stop"], names.TakeLast(3));
        var pieces = events.Where(e => e[1].Contains("input_json_delta", StringComparison.Ordinal))
            .Select(e => JsonDocument.Parse(e[1]["data: ".Length..]).RootElement.GetProperty("delta").GetProperty("partial_json").GetString()).ToList();
        Assert.True(pieces.Count > 2);
        Assert.Equal("""{"command":"echo a rather long line of text"}""", string.Concat(pieces));
    }

    [Fact]
    public async Task The_due_reply_follows_from_the_request_alone_so_a_new_server_carries_on()
    {
        await using var client = await ModelClient.StartAsync(Turn);
        var (_, body) = await client.SendMessagesAsync(AfterTool);
        Assert.Contains("It said: hello!", body, StringComparison.Ordinal);
        await using var another = await ModelClient.StartAsync(Turn);
        Assert.Equal(body, (await another.SendMessagesAsync(AfterTool)).Body);
    }

    [Fact]
    public async Task Tokens_are_counted_without_an_answer()
    {
        await using var client = await ModelClient.StartAsync(Turn);
        var (status, body) = await client.SendAsync("v1/messages/count_tokens?beta=true", """{ "model": "m", "messages": [ { "role": "user", "content": "go" } ] }""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("""{"input_tokens":10}""", body);
    }

    [Theory]
    [InlineData(null, "x-api-key header is required")]
    [InlineData("wrong", "invalid x-api-key")]
    public async Task Wrong_credentials_are_refused_as_the_real_service_does(string? key, string message)
    {
        await using var client = new ModelClient(await ScriptedModelServer.StartAsync(Scenario.FlaskTutorial(), "right"));
        var (status, body) = await client.SendAsync("v1/messages", "{}", key);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal(("authentication_error", message), ModelClient.Error(body));
    }

    [Fact]
    public async Task What_it_got_is_recorded_without_credentials()
    {
        await using var client = await ModelClient.StartAsync(Turn);
        var wait = client.Server.WaitForRequestsAsync(2);
        await client.SendMessagesAsync("""[ { "role": "user", "content": "go" } ]""");
        Assert.False(wait.IsCompleted);
        await client.SendAsync("v1/other", "{}", key: "secret");
        await wait.WaitAsync(Patience.Limit);
        var requests = client.Server.Requests;
        Assert.Equal([("/v1/messages", 200), ("/v1/other", 404)], requests.Select(r => (r.Path, r.StatusCode)));
        Assert.Equal("claude-opus-5-5", requests[0].Body.GetProperty("model").GetString());
        Assert.DoesNotContain(requests[1].Headers, h => h.Value.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hanging_reply_ends_with_the_server()
    {
        await using var client = await ModelClient.StartAsync("""{ "prompt": "", "replies": [ { "hang": true } ] }""");
        var answer = client.SendMessagesAsync("""[ { "role": "user", "content": "go" } ]""");
        await client.Server.WaitForRequestsAsync(1).WaitAsync(Patience.Limit);
        Assert.False(answer.IsCompleted);
        await client.Server.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => answer);
    }

    [Theory]
    [InlineData("""[ { "role": "user", "content": "stay" } ]""", "no turn matches the prompt 'stay'")]
    [InlineData("[" + Prompt + "," + Reply + "," + Note + "]", "asks for a result that is not there")]
    [InlineData("[" + Prompt + "," + Reply + "," + Note + "," + Reply + "," + Note + "]", "asks for one more")]
    public async Task What_the_script_does_not_foresee_is_an_error_that_says_so(string messages, string expected)
    {
        await using var client = await ModelClient.StartAsync(Turn);
        var (status, body) = await client.SendMessagesAsync(messages);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(expected, ModelClient.Error(body).Message, StringComparison.Ordinal);
    }
}
