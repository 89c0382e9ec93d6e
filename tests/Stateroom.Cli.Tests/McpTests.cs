using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>The real command as a server, and the protocol's own client.</summary>
public sealed class McpTests : IAsyncLifetime
{
    private readonly CliHome _home = new();

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task Another_agents_client_finds_the_tools_and_works_in_the_room_with_them()
    {
        await using var client = await ConnectAsync("mcp");
        var tools = await client.ListToolsAsync(cancellationToken: Soon);
        Assert.Equal(["bash", "create", "edit", "insert", "list", "search", "view"], tools.Select(t => t.Name).Order());
        Assert.Equal("object", tools[0].JsonSchema.GetProperty("type").GetString());
        Assert.Equal([true, false], new[] { "view", "bash" }.Select(n => tools.Single(t => t.Name == n).ProtocolTool.Annotations!.ReadOnlyHint!.Value));

        Assert.Equal((false, "Created a/f.txt (4 bytes)."), await CallAsync(client, "create", ("path", "a/f.txt"), ("content", "one\n")));
        Assert.Equal((false, "     1\tone\n"), await CallAsync(client, "view", ("path", "a/f.txt")));
        Assert.Equal((false, "(exit code 0, no output)"), await CallAsync(client, "bash", ("command", "cd a; X=7")));
        Assert.Equal((false, "/workspace/a 7\n"), await CallAsync(client, "bash", ("command", "echo $PWD $X")));
    }

    [Fact]
    public async Task What_fails_is_an_error_that_the_model_can_read()
    {
        await using var client = await ConnectAsync("mcp");
        Assert.Equal((true, "exit code: 3\nstderr:\nno\n"), await CallAsync(client, "bash", ("command", "echo no >&2; (exit 3)")));
        Assert.Equal((true, "The argument 'path' is missing."), await CallAsync(client, "view"));
        var error = await Assert.ThrowsAnyAsync<Exception>(() => CallAsync(client, "fly"));
        Assert.Contains("There is no tool 'fly'", error.Message, StringComparison.Ordinal);
        Assert.Equal((false, "still here\n"), await CallAsync(client, "bash", ("command", "echo still here")));
    }

    [Fact]
    public async Task The_end_of_the_input_ends_the_server_and_leaves_nothing_of_an_ephemeral_session()
    {
        var result = await _home.RunWithInputAsync([], "mcp");
        Assert.Equal((0, "", ""), (result.ExitCode, result.Stdout, result.Stderr));
        await using (var client = await ConnectAsync("mcp"))
            await CallAsync(client, "bash", ("command", "sleep 1000 & echo begun"));
        await UntilEmptyAsync();
    }

    [Fact]
    public async Task What_was_read_is_answered_although_the_input_ends_at_once()
    {
        const string Lines = """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}
            {"jsonrpc":"2.0","method":"notifications/initialized"}
            {"jsonrpc":"2.0","id":2,"method":"tools/list"}
            {"jsonrpc":"2.0","id":"three","method":"tools/call","params":{"name":"bash","arguments":{"command":"sleep 0.3; echo done"}}}
            {"jsonrpc":"2.0","id":4,"method":"no/such/method"}

            """;
        var result = (await _home.RunWithInputAsync(System.Text.Encoding.UTF8.GetBytes(Lines), "mcp", "web")).Succeeded();
        var answers = result.Stdout.TrimEnd('\n').Split('\n').Select(l => System.Text.Json.JsonElement.Parse(l)).ToDictionary(a => a.GetProperty("id").ToString());
        Assert.Equal(["1", "2", "4", "three"], answers.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("done", answers["three"].GetProperty("result").GetRawText(), StringComparison.Ordinal);
        Assert.True(answers["4"].TryGetProperty("error", out _));
    }

    [Fact]
    public async Task A_client_that_has_gone_is_not_waited_for()
    {
        using var process = _home.Start(CliHome.Program, "mcp");
        await process.StandardInput.WriteAsync("""
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}
            {"jsonrpc":"2.0","method":"notifications/initialized"}
            {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"bash","arguments":{"command":"sleep 1000"}}}

            """);
        Assert.Contains("\"id\":1", await process.StandardOutput.ReadLineAsync(Soon), StringComparison.Ordinal);
        process.StandardInput.Close();
        process.StandardOutput.Close();
        await process.WaitForExitAsync(Soon);
        await UntilEmptyAsync();
    }

    [Fact]
    public async Task A_named_session_is_made_and_its_files_stay()
    {
        await using (var client = await ConnectAsync("mcp", "web"))
            await CallAsync(client, "create", ("path", "f"), ("content", "kept"));
        await using (var client = await ConnectAsync("mcp", "web", "--keep"))
            Assert.Equal((false, "     1\tkept\n"), await CallAsync(client, "view", ("path", "f")));
        var run = await _home.RunAsync("run", "web", "--", "cat f");
        Assert.Equal("kept", run.Stdout);
    }

    [Fact]
    public async Task A_mistake_is_told_on_standard_error_and_the_protocol_stays_silent()
    {
        var result = await _home.RunWithInputAsync([], "mcp", "--keep");
        Assert.Equal((2, ""), (result.ExitCode, result.Stdout));
        Assert.Contains("--keep needs the id of a session", result.Stderr, StringComparison.Ordinal);
    }

    private async Task<McpClient> ConnectAsync(params string[] arguments) => await McpClient.CreateAsync(
        new StdioClientTransport(new StdioClientTransportOptions
        {
            Name = "stateroom",
            Command = CliHome.Program,
            Arguments = arguments,
            EnvironmentVariables = new Dictionary<string, string?> { ["STATEROOM_HOME"] = _home.Home },
            // It ends with its input; killed, it could not clean up.
            ShutdownTimeout = Patience.Limit,
        }), cancellationToken: Soon);

    private static async Task<(bool IsError, string Text)> CallAsync(McpClient client, string tool, params (string Name, object? Value)[] arguments)
    {
        var result = await client.CallToolAsync(tool, arguments.ToDictionary(a => a.Name, a => a.Value), cancellationToken: Soon);
        return (result.IsError is true, Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text);
    }

    private async Task UntilEmptyAsync()
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        // Rooms have directories of their own in run; etc is what all of them are given.
        while (Directory.EnumerateFileSystemEntries(Path.Combine(_home.Home, "sessions")).Any() || Directory.EnumerateFileSystemEntries(Path.Combine(_home.Home, "ephemeral")).Any()
            || Directory.EnumerateDirectories(Path.Combine(_home.Home, "run")).Any(d => !Path.GetFileName(d).StartsWith("etc-", StringComparison.Ordinal)))
            await Task.Delay(5, limit.Token);
    }
}
