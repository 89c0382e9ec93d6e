using System.Net;
using System.Text;
using Stateroom.Agents.Credentials;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>What goes from a room to the provider, and what does not.</summary>
public sealed class BrokerRequestTests
{
    private const string Answer = """{"type":"message","usage":{"input_tokens":3,"output_tokens":4}}""";

    [Fact]
    public async Task A_request_goes_on_with_the_hosts_credential_whatever_the_room_sends()
    {
        await using var server = await ScriptedModelServer.StartAsync(Scenario.Parse("""{ "turns": [ { "prompt": "hi", "replies": [ { "text": "hello" } ] } ] }"""), BrokerDesk.Key);
        await using var desk = new BrokerDesk(server.BaseAddress);
        using var turn = await desk.BeginTurnAsync();
        desk.Room.DefaultRequestHeaders.Add("x-api-key", "from-the-room");
        desk.Room.DefaultRequestHeaders.Add("Authorization", "Bearer from-the-room");
        using var answer = await desk.AskAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("hello", await answer.Content.ReadAsStringAsync(BrokerDesk.Soon), StringComparison.Ordinal);
        Assert.Equal("/v1/messages?beta=true", Assert.Single(server.Requests).Path);
    }

    [Fact]
    public async Task Only_what_the_provider_needs_passes()
    {
        RawRequest? came = null;
        await using var provider = new RawProvider(request => (came = request).SendAsync(RawProvider.Whole(Answer)));
        await using var desk = new BrokerDesk(new Uri(provider.Address, "/gateway/"));
        using var turn = await desk.BeginTurnAsync();
        var sent = "POST /v1/messages?beta=true&x=%2e%2e HTTP/1.1\r\nHost: 127.0.0.1:17282\r\nx-api-key: mine\r\nX-API-Key: mine too\r\nAuthorization: Bearer mine\r\n"
            + "Proxy-Authorization: Basic mine\r\nCookie: mine=1\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=mine\r\nVia: mine\r\nTE: trailers\r\nUpgrade: h2c\r\n"
            + "Connection: keep-alive, anthropic-hop\r\nKeep-Alive: 5\r\nAccept-Encoding: gzip\r\nRange: bytes=0-1\r\nanthropic-hop: mine\r\n"
            + "anthropic-version: 2023-06-01\r\nAnthropic-Beta: one\r\nanthropic-beta: two\r\nUser-Agent: claude-cli/2\r\nX-App: cli\r\nX-Claude-Code-Session-Id: s-1\r\n"
            + "X-Stainless-Lang: js\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        Assert.StartsWith("HTTP/1.1 200 ", await desk.SendRawAsync(sent), StringComparison.Ordinal);

        var head = came!.Head;
        Assert.Equal("/gateway/v1/messages?beta=true&x=%2e%2e", head.Target.Text);
        Assert.Equal("{}", Encoding.UTF8.GetString(came.Body));
        Assert.Equal((BrokerDesk.Key, "one, two", "identity"), (head.Value("x-api-key"), head.Value("anthropic-beta"), head.Value("accept-encoding")));
        Assert.Equal(
            ["accept", "accept-encoding", "anthropic-beta", "anthropic-version", "content-length", "content-type", "host", "user-agent", "x-api-key", "x-app", "x-claude-code-session-id", "x-stainless-lang"],
            head.Fields.Select(field => field.Name.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(provider.Address.Authority, head.Host);
        Assert.All(head.Fields, field => Assert.DoesNotContain("mine", field.Value, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_query_of_any_characters_passes_as_it_is()
    {
        var query = string.Concat(Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c).Where(c => c is not ('#' or '\\'))) + "%zz&/../%2e%2e/?//x@y:1";
        RawRequest? came = null;
        await using var provider = new RawProvider(request => (came = request).SendAsync(RawProvider.Whole(Answer)));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        Assert.StartsWith("HTTP/1.1 200 ", await desk.SendRawAsync($"POST /v1/messages?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}"), StringComparison.Ordinal);
        Assert.Equal($"/v1/messages?{query}", came!.Head.Target.Text);
        Assert.Null(turn.LastFailure);
    }

    [Theory]
    [InlineData(ModelCredentialKind.Bearer, "claude-code-20250219")]
    [InlineData(ModelCredentialKind.Subscription, "claude-code-20250219,oauth-2025-04-20")]
    public async Task Tokens_go_as_authorization(ModelCredentialKind kind, string betas)
    {
        RawRequest? came = null;
        await using var provider = new RawProvider(request => (came = request).SendAsync(RawProvider.Whole(Answer)));
        await using var desk = new BrokerDesk(provider.Address, kind);
        using var turn = await desk.BeginTurnAsync();
        desk.Room.DefaultRequestHeaders.Add("anthropic-beta", "claude-code-20250219");
        desk.Room.DefaultRequestHeaders.Add("x-api-key", "mine");
        (await desk.AskAsync()).Dispose();
        Assert.Equal(($"Bearer {BrokerDesk.Key}", betas, 0), (came!.Head.Value("authorization"), came.Head.Value("anthropic-beta"), came.Head.Count("x-api-key")));
    }

    [Theory]
    [InlineData("GET /v1/messages")]
    [InlineData("HEAD /v1/messages")]
    [InlineData("post /v1/messages")]
    [InlineData("DELETE /v1/messages")]
    [InlineData("POST /")]
    [InlineData("POST /v1")]
    [InlineData("POST /v1/messages/")]
    [InlineData("POST /v1/messages/batches")]
    [InlineData("POST /v1/messages/../x")]
    [InlineData("POST /v1/messages/../messages")]
    [InlineData("POST /v1/./messages")]
    [InlineData("POST //v1/messages")]
    [InlineData("POST /v1//messages")]
    [InlineData("POST /v1/messages;x=y")]
    [InlineData("POST /v1/messages%2f..%2ffiles")]
    [InlineData("POST /v1/%6Dessages")]
    [InlineData("POST /v1/messages%3Fbeta=true")]
    [InlineData("POST /V1/MESSAGES")]
    [InlineData("POST /v1/files")]
    [InlineData("POST /v1/organizations/api_keys")]
    [InlineData("GET /v1/models")]
    [InlineData("POST http://127.0.0.1/v1/messages")]
    [InlineData("POST https://evil.example/v1/messages")]
    [InlineData("CONNECT api.anthropic.com:443")]
    [InlineData("OPTIONS *")]
    public async Task Anything_but_the_two_paths_is_not_found_and_not_passed_on(string line)
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        var answer = await desk.SendRawAsync($"{line} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}");
        Assert.StartsWith("HTTP/1.1 404 ", answer, StringComparison.Ordinal);
        Assert.Contains("not_found_error", answer, StringComparison.Ordinal);
        Assert.Contains("POST /v1/messages and POST /v1/messages/count_tokens", answer, StringComparison.Ordinal);
        Assert.Equal((0, 0), (provider.Count, turn.Usage.Requests));
    }

    [Theory]
    [InlineData("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400, "invalid_request_error")]
    [InlineData("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400, "invalid_request_error")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, "invalid_request_error")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\n\r\n", 400, "invalid_request_error")]
    [InlineData("Host: b\r\nContent-Length: 2\r\n\r\n{}", 400, "invalid_request_error")]
    [InlineData("Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 2\r\n\r\n{}", 400, "invalid_request_error")]
    [InlineData("User-Agent: caf\u00e9\r\nContent-Length: 2\r\n\r\n{}", 400, "invalid_request_error")]
    [InlineData("X: y\n\r\n", 400, "invalid_request_error")]
    [InlineData("Content-Length: 1001\r\n\r\n", 413, "request_too_large")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, "request_too_large")]
    public async Task A_request_that_could_be_read_in_two_ways_or_is_too_large_is_refused(string rest, int status, string type)
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address, change: options => options with { MostRequestBytes = 1000 });
        using var turn = await desk.BeginTurnAsync();
        var answer = await desk.SendRawAsync($"POST /v1/messages HTTP/1.1\r\nHost: a\r\n{rest}");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains(type, answer, StringComparison.Ordinal);
        Assert.Equal(0, provider.Count);
    }

    [Fact]
    public async Task A_chunked_body_and_one_that_waits_to_be_asked_for_pass_whole()
    {
        var came = new List<int>();
        await using var provider = new RawProvider(request =>
        {
            lock (came) came.Add(request.Body.Length);
            return request.SendAsync(RawProvider.Whole(Answer));
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        Assert.StartsWith("HTTP/1.1 200 ", await desk.SendRawAsync("POST /v1/messages HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{  \r\n1\r\n}\r\n0\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ", await desk.SendRawAsync("POST /v1/messages HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"), StringComparison.Ordinal);
        (await desk.AskAsync($"{{{new string(' ', 19_999_998)}}}")).Dispose();
        Assert.Equal([4, 2, 20_000_000], came);
    }

    [Theory]
    [InlineData("""{"tools":[{"name":"bash","input_schema":{}},{"type":"web_search_20250305","name":"web_search"}]}""", "web_search_20250305")]
    [InlineData("""{"tools":[],"tools":[{"type":"web_fetch_20250910","name":"web_fetch"}]}""", "web_fetch_20250910")]
    [InlineData("""{"tools":[{"type":"custom","type":"code_execution_20250522"}]}""", "code_execution_20250522")]
    [InlineData("""{"mcp_servers":[{"type":"url","url":"https://evil.example/?secret"}]}""", "MCP servers")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://evil.example/?secret"}}]}]}""", "fetches")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"document","source":{"\u0074ype":"u\u0072l"}}]}]}]}""", "fetches")]
    public async Task A_request_that_would_reach_the_network_by_way_of_the_provider_is_refused(string body, string says)
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync(body);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(BrokerDesk.Soon), StringComparison.Ordinal);
        Assert.Equal((0, 0L), (provider.Count, turn.Usage.Tokens));
    }

    [Theory]
    [InlineData("""{"tools":[{"name":"a","input_schema":{}},{"type":"custom","name":"b"},{"type":"bash_20250124","name":"bash"},{"type":"web_search_20250305","name":"s"}],"mcp_servers":[]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"x","input":{"source":{"type":"url"}}}]},{"role":"user","content":[{"type":"image","source":{"type":"base64","data":""}}]}]}""")]
    public async Task What_the_client_does_itself_and_what_the_session_names_passes(string body)
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address, change: options => options with { ProviderTools = ["web_search_"] });
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync(body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_no_json_object_is_refused()
    {
        await using var provider = RawProvider.Saying(RawProvider.Whole(Answer));
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var answer = await desk.AskAsync("[]");
        Assert.Equal((HttpStatusCode.BadRequest, 0), (answer.StatusCode, provider.Count));
    }
}
