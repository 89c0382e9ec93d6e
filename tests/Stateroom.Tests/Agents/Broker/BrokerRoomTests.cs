using Stateroom.Agents.Broker;
using Stateroom.Agents.ClaudeCode;
using Stateroom.Agents.Credentials;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>The way from a real room to the model.</summary>
public sealed class BrokerRoomTests : IAsyncLifetime
{
    private const string Ask = """
        curl -s -w '\nstatus %{http_code}\n' -H 'anthropic-version: 2023-06-01' -H 'x-api-key: from-the-room' -H 'content-type: application/json' \
            --data '{"model":"m","max_tokens":10,"stream":true,"messages":[{"role":"user","content":"hi"}]}' http://127.0.0.1:17282/v1/messages
        """;

    private TestRoom _room = null!;
    private ScriptedModelServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _room = await TestRoom.StartAsync();
        _server = await ScriptedModelServer.StartAsync(Scenario.Parse("""{ "turns": [ { "prompt": "hi", "replies": [ { "text": "Hello, room." } ] } ] }"""), BrokerDesk.Key);
    }

    public async ValueTask DisposeAsync()
    {
        await _room.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Code_in_the_room_reaches_the_model_during_a_turn_and_finds_no_key()
    {
        await using (var access = await OpenAsync())
        {
            var asked = await RunAsync(Ask);
            Assert.Contains("Hello", asked.StdoutText, StringComparison.Ordinal);
            Assert.Contains("status 200", asked.StdoutText, StringComparison.Ordinal);
            Assert.True(access.OutputTokens > 1);
            // The brackets keep the pattern from finding itself.
            var looked = await RunAsync($"(env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; cat $(find /workspace /home /tmp /run /etc /opt -type f)) 2>/dev/null | grep -ac '[{BrokerDesk.Key[0]}]{BrokerDesk.Key[1..]}'");
            Assert.Equal("0\n", looked.StdoutText);
            var elsewhere = await RunAsync("curl -s --path-as-is http://127.0.0.1:17282/v1/messages/../files; curl -s -X DELETE http://127.0.0.1:17282/v1/messages");
            Assert.Equal(2, elsewhere.StdoutText.Split("not_found_error").Length - 1);
        }
        // Nobody listens any more: refused at once.
        Assert.Equal(7, (await RunAsync(Ask)).ExitCode);
        await using (await OpenAsync()) Assert.Contains("status 200", (await RunAsync(Ask)).StdoutText, StringComparison.Ordinal);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task A_hundred_requests_at_once_come_through_the_rooms_port()
    {
        await using var access = await OpenAsync();
        var all = await RunAsync($"for i in $(seq 100); do {{ {Ask.Trim()} | grep -c 'status 200' & }} done; wait");
        Assert.Equal(100, all.StdoutText.Split('\n').Count(line => line == "1"));
        Assert.Equal(100, _server.Requests.Count);
    }

    [Fact]
    public async Task A_program_in_the_room_that_took_the_port_is_told()
    {
        const string take = "python3 -c 'import socket, time; s = socket.create_server((\"127.0.0.1\", 17282)); time.sleep(600)' & until (exec 3<>/dev/tcp/127.0.0.1/17282) 2>/dev/null; do :; done";
        Assert.Equal(0, (await _room.Session.ExecAsync(["bash", "-c", take], new ExecOptions { Timeout = Patience.Limit })).ExitCode);
        var refused = await Assert.ThrowsAsync<IOException>(OpenAsync);
        Assert.Contains("17282", refused.Message, StringComparison.Ordinal);
    }

    private Task<ExecResult> RunAsync(string line) => _room.Session.RunAsync(line, new ExecOptions { Timeout = Patience.Limit });

    private Task<IModelAccess> OpenAsync() => BrokerAccess.OpenAsync(
        new AgentTurn
        {
            SessionId = "room",
            Sandbox = _room.Session.Sandbox,
            Options = new AgentOptions(),
            Messages = [],
            AppendMessageAsync = (_, _, _) => throw new InvalidOperationException("The broker stores no messages."),
            RequestPermissionAsync = (_, _) => ValueTask.FromResult(PermissionDecision.Allow),
            SaveStateAsync = (_, _) => ValueTask.CompletedTask,
        },
        new BrokerOptions
        {
            Upstream = _server.BaseAddress,
            Credentials = new ModelCredentialSource { Environment = _ => null, Callback = _ => ValueTask.FromResult<ModelCredential?>(new(ModelCredentialKind.ApiKey, BrokerDesk.Key)) },
        },
        BrokerDesk.Soon);
}
