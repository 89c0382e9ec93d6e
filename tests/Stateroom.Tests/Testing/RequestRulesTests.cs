using System.Net;

namespace Stateroom.Tests.Testing;

public sealed class RequestRulesTests
{
    private const string Use = """{ "role": "assistant", "content": [ { "type": "tool_use", "id": "t1", "name": "bash", "input": {} } ] }""";
    private const string User = """{ "role": "user", "content": "go" }""";
    private const string Result = """{ "type": "tool_result", "tool_use_id": "t1", "content": "x" }""";

    [Theory]
    [InlineData("[]", "at least one message")]
    [InlineData("""[ { "role": "assistant", "content": "hi" }, """ + User + "]", "first message must use")]
    [InlineData("[" + User + """, { "role": "assistant", "content": "hi" } ]""", "must end with a user message")]
    [InlineData("""[ { "role": "tool", "content": "hi" } ]""", "'user' or 'assistant'")]
    [InlineData("""[ { "role": "user", "content": [ { "type": "text", "text": " " } ] } ]""", "non-whitespace")]
    [InlineData("""[ { "role": "user", "content": [] } ]""", "non-empty content")]
    [InlineData("[" + User + "," + Use + "," + User + "]", "without `tool_result` blocks immediately after: t1")]
    [InlineData("[" + User + """, { "role": "assistant", "content": "hi" }, { "role": "user", "content": [ """ + Result + "] } ]", "unexpected `tool_use_id`")]
    [InlineData("[" + User + "," + Use + """, { "role": "user", "content": [ """ + Result + "," + Result + "] } ]", "single result")]
    [InlineData("[" + User + "," + Use + """, { "role": "user", "content": [ { "type": "text", "text": "note" }, """ + Result + "] } ]", "must come first")]
    [InlineData("[" + User + "," + Use + """, { "role": "user", "content": [ """ + Result + "] }," + Use + "," + """{ "role": "user", "content": [ """ + Result + "] } ]", "must be unique")]
    [InlineData("""[ { "role": "user", "content": [ { "type": "tool_use", "id": "t1", "name": "bash", "input": {} } ] } ]""", "not allowed in a message of role 'user'")]
    [InlineData("[" + User + """, { "role": "assistant", "content": [ { "type": "thinking", "thinking": "x", "signature": "forged" } ] }, """ + User + "]", "Invalid `signature`")]
    public async Task A_conversation_that_the_real_service_refuses_is_refused(string messages, string expected)
    {
        await using var client = await ModelClient.StartAsync("""{ "prompt": "", "replies": [ { "text": "ok" }, { "text": "ok" } ] }""");
        var (status, body) = await client.SendMessagesAsync(messages);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        var (type, message) = ModelClient.Error(body);
        Assert.Equal("invalid_request_error", type);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "not valid JSON")]
    [InlineData("""{ "max_tokens": 1, "messages": [] }""", "model: Field required")]
    [InlineData("""{ "model": "m", "messages": [] }""", "max_tokens: Field required")]
    [InlineData("""{ "model": "m", "max_tokens": 0, "messages": [] }""", "greater than or equal to 1")]
    [InlineData("""{ "model": "m", "max_tokens": 1 }""", "messages: Field required")]
    [InlineData("""{ "model": "m", "max_tokens": 1, "tools": [ { "name": "a b", "input_schema": { "type": "object" } } ] }""", "should match pattern")]
    [InlineData("""{ "model": "m", "max_tokens": 1, "tools": [ { "name": "a", "input_schema": {} } ] }""", "Input should be 'object'")]
    public async Task A_request_that_lacks_something_is_refused(string request, string expected)
    {
        await using var client = await ModelClient.StartAsync("""{ "prompt": "", "replies": [ { "text": "ok" } ] }""");
        var (status, body) = await client.SendAsync("v1/messages", request);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(expected, ModelClient.Error(body).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_a_version_is_refused()
    {
        await using var client = await ModelClient.StartAsync("""{ "prompt": "", "replies": [ { "text": "ok" } ] }""");
        var (status, body) = await client.SendAsync("v1/messages", "{}", version: null);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("anthropic-version", ModelClient.Error(body).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consecutive_messages_of_one_role_count_as_one()
    {
        await using var client = await ModelClient.StartAsync("""{ "prompt": "second", "replies": [ { "text": "ok" } ] }""");
        var (status, _) = await client.SendMessagesAsync("[" + User + "," + Use + """, { "role": "user", "content": [ """ + Result + """] }, { "role": "user", "content": "second" } ]""");
        Assert.Equal(HttpStatusCode.OK, status);
    }
}
