using System.Runtime.InteropServices;
using System.Text.Json;
using Stateroom.Cli.Tests.Terminals;
using Stateroom.Testing;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>code, against a scripted model.</summary>
public sealed partial class CodeTests : IAsyncLifetime
{
    private const string Script = """
        { "turns": [
            { "prompt": "Write", "replies": [ { "text": "I'll write it.", "tools": [ { "name": "create", "input": { "path": "note.txt", "content": "kept" } } ] },
                                              { "text": "Written." } ] },
            { "prompt": "paint", "replies": [ { "text": "A\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u009b2J\u202eB\tC\nD😀" } ] },
            { "prompt": "long", "replies": [ { "tools": [ { "name": "create", "input": { "path": "long.txt", "content": "LONG" } } ] }, { "text": "Written." } ] },
            { "prompt": "wait", "replies": [ { "hang": true } ] },
            { "prompt": "break", "replies": [ { "error": { "status": 400, "type": "invalid_request_error" } } ] } ] }
        """;

    private readonly CliHome _home = new();
    private ScriptedModelServer _model = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await ScriptedModelServer.StartAsync(Scenario.Parse(Script.Replace("LONG", $"{new string('x', 2000)}UNSEEN{new string('y', 2000)}", StringComparison.Ordinal)));
        _home.Set("ANTHROPIC_BASE_URL", _model.BaseAddress.AbsoluteUri).Set("ANTHROPIC_API_KEY", "scripted");
    }

    public async ValueTask DisposeAsync()
    {
        await _home.DisposeAsync();
        await _model.DisposeAsync();
    }

    [Fact]
    public async Task The_answer_is_printed_and_the_session_goes_on_with_its_files_and_messages()
    {
        Assert.Equal("Written.\n", (await _home.RunAsync("code", "-s", "web", "Write a note")).Succeeded().Stdout);
        Assert.Equal("kept", (await _home.RunAsync("exec", "web", "--", "cat", "note.txt")).Succeeded().Stdout);
        (await _home.RunAsync("session", "close", "web")).Succeeded();
        var messages = (await _home.RunAsync("session", "messages", "web", "--json")).Succeeded().Json;
        Assert.Equal(["user", "assistant", "tool", "assistant"], messages.EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        Assert.Contains("Write a note", (await _home.RunAsync("session", "messages", "web")).Stdout, StringComparison.Ordinal);
        Assert.Equal("closed", (await _home.RunAsync("session", "show", "web", "--json")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Json_gives_the_whole_result_and_stream_one_event_a_line()
    {
        var result = (await _home.RunAsync("code", "-s", "web", "--json", "Write a note")).Succeeded().Json;
        Assert.Equal(("Written.", "web"), (result.GetProperty("response").GetString(), result.GetProperty("session_id").GetString()));
        Assert.Equal("note.txt", Assert.Single(result.GetProperty("files_created").EnumerateArray()).GetString());
        Assert.True(result.GetProperty("input_tokens").GetInt64() > 0);

        var events = (await _home.RunAsync("code", "-s", "web", "--json", "--stream", "Write it again")).Succeeded().Stdout.TrimEnd().Split('\n').Select(l => JsonElement.Parse(l)).ToList();
        Assert.Equal("result", events[^1].GetProperty("type").GetString());
        Assert.Contains(events, e => e.GetProperty("type").GetString() == "tool_call");
    }

    [Fact]
    public async Task Without_a_session_nothing_is_left_behind()
    {
        Assert.Equal("Written.\n", (await _home.RunAsync("code", "Write a note")).Succeeded().Stdout);
        Assert.Equal("[]", (await _home.RunAsync("session", "list", "--json")).Stdout.Trim());
    }

    [Fact]
    public async Task A_failed_turn_is_exit_code_1_with_its_reason()
    {
        var failed = await _home.RunAsync("code", "-s", "web", "break");
        Assert.Equal(1, failed.ExitCode);
        Assert.EndsWith("[model_error]\n", failed.Stderr, StringComparison.Ordinal);
        Assert.False((await _home.RunAsync("code", "-s", "web", "--json", "break")).Json.GetProperty("success").GetBoolean());
    }

    [Fact]
    public async Task Ctrl_C_interrupts_the_turn_and_the_session_takes_the_next_prompt()
    {
        using var process = _home.Start(CliHome.Program, "code", "-s", "web", "wait");
        using var patience = new CancellationTokenSource(Patience.Limit);
        await _model.WaitForRequestsAsync(1, patience.Token);
        Assert.Equal(0, kill(process.Id, 2));
        await process.WaitForExitAsync(patience.Token);
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith("[interrupted]\n", await process.StandardError.ReadToEndAsync(patience.Token), StringComparison.Ordinal);
        Assert.Equal("Written.\n", (await _home.RunAsync("code", "-s", "web", "Write a note")).Succeeded().Stdout);
    }

    [Theory]
    [InlineData("y", "Written.", true)]
    [InlineData("not on a Sunday", "was denied: The user did not allow this and says: not on a Sunday", false)]
    public async Task At_a_terminal_the_user_decides_what_the_agent_may_do(string answer, string told, bool isWritten)
    {
        using var terminal = PseudoTerminal.Start(_home, "code", "-s", "web", "--stream", "--permission-mode", "ask", "Write a note");
        await terminal.Until("Allow it?");
        Assert.Contains("? create {\"path\":\"note.txt\"", terminal.Shown, StringComparison.Ordinal);
        terminal.Type(answer + "\r");
        await terminal.Until(told);
        Assert.Equal(0, await terminal.ExitCode());
        Assert.DoesNotContain("\e[?1h", terminal.Shown, StringComparison.Ordinal);
        Assert.Equal(isWritten, (await _home.RunAsync("exec", "web", "--", "test", "-e", "note.txt")).ExitCode == 0);
    }

    [Theory]
    [InlineData("code", "-s", "web", "--stream", "paint")]
    [InlineData("code", "-s", "web", "paint")]
    public async Task The_models_text_writes_no_control_sequences_to_a_terminal_and_passes_a_pipe_as_it_is(params string[] arguments)
    {
        using (var terminal = PseudoTerminal.Start(_home, arguments))
        {
            await terminal.Until("A?]52;c;ZXZpbA==??[2J?2J?B\tC\r\nD😀");
            Assert.Equal(0, await terminal.ExitCode());
        }
        Assert.Equal("A\e]52;c;ZXZpbA==\a\e[2J\u009b2J\u202eB\tC\nD😀\n", (await _home.RunAsync(arguments)).Succeeded().Stdout);
        using var messages = PseudoTerminal.Start(_home, "session", "messages", "web");
        await messages.Until("A?]52;c;ZXZpbA==??[2J?2J?B    C\r\n");
        Assert.Equal(0, await messages.ExitCode());
    }

    [Fact]
    public async Task What_was_typed_before_the_question_does_not_answer_it()
    {
        using var terminal = PseudoTerminal.Start(_home, "code", "-s", "web", "--stream", "--permission-mode", "ask", "Write a note");
        terminal.Type("y\r");
        await terminal.Until("Allow it?");
        terminal.Type("n\r");
        await terminal.Until("was denied");
        Assert.Equal(0, await terminal.ExitCode());
    }

    [Fact]
    public async Task What_was_not_shown_of_a_call_is_not_allowed()
    {
        using var terminal = PseudoTerminal.Start(_home, "code", "-s", "web", "--permission-mode", "ask", "long");
        Assert.DoesNotContain("UNSEEN", await terminal.Until("Allow it?"), StringComparison.Ordinal);
        Assert.Contains("characters are not shown", terminal.Shown, StringComparison.Ordinal);
        terminal.Type("y\r");
        Assert.Contains("UNSEEN", await terminal.Until("Allow it?"), StringComparison.Ordinal);
        terminal.Type("y\r");
        await terminal.Until("Written.");
        Assert.Equal(0, await terminal.ExitCode());
        Assert.Equal("4006", (await _home.RunAsync("exec", "web", "--", "stat", "-c", "%s", "long.txt")).Succeeded().Stdout.Trim());
    }

    [Fact]
    public async Task Messages_are_counted_limited_and_cleared()
    {
        (await _home.RunAsync("code", "-s", "web", "Write a note")).Succeeded();
        Assert.Equal("4\n", (await _home.RunAsync("session", "messages", "web", "--count")).Succeeded().Stdout);
        Assert.Equal(4, Assert.Single((await _home.RunAsync("session", "messages", "web", "--limit", "1", "--json")).Succeeded().Json.EnumerateArray()).GetProperty("sequence").GetInt64());
        foreach (var mistake in (string[][])[["--clear"], ["--clear", "--yes", "--limit", "1"], ["--clear", "--yes", "--count"], ["--yes"]])
            Assert.Equal(2, (await _home.RunAsync(["session", "messages", "web", .. mistake])).ExitCode);
        using (var terminal = PseudoTerminal.Start(_home, "session", "messages", "web", "--clear"))
        {
            await terminal.Until("Remove all messages of session 'web'? [y/N] ");
            terminal.Type("n\r");
            Assert.Equal(1, await terminal.ExitCode());
        }
        Assert.Equal("4\n", (await _home.RunAsync("session", "messages", "web", "--count")).Succeeded().Stdout);
        Assert.Equal("4 messages removed.\n", (await _home.RunAsync("session", "messages", "web", "--clear", "--yes")).Succeeded().Stdout);
        Assert.Equal("0\n", (await _home.RunAsync("session", "messages", "web", "--count")).Succeeded().Stdout);
    }

    [Fact]
    public async Task An_agent_that_is_not_installed_is_told_before_a_session_is_made()
    {
        var result = await _home.RunAsync("code", "-s", "new", "--agent", "claude-code", "Write a note");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("stateroom agent install claude-code", result.Stderr, StringComparison.Ordinal);
        Assert.Empty((await _home.RunAsync("session", "list", "--json")).Succeeded().Json.EnumerateArray());
    }

    [Fact]
    public async Task An_option_holds_for_its_prompt_and_a_session_that_the_call_creates_keeps_it()
    {
        string[] options = ["--model", "m-1", "--system-prompt", "Be brief.\nAlways.", "--permission-mode", "accept-edits", "--allowed-tools", "create,view",
            "--disallowed-tools", "view", "--max-turns", "7", "--token-budget", "123456"];
        (await _home.RunAsync(["code", "-s", "web", .. options, "Write a note"])).Succeeded();
        (await _home.RunAsync("code", "-s", "web", "--model", "m-2", "--max-turns", "8", "Write a note")).Succeeded();
        (await _home.RunAsync("code", "-s", "web", "Write a note")).Succeeded();
        Assert.Equal(["m-1", "m-1", "m-2", "m-2", "m-1", "m-1"], _model.Requests.Select(r => r.Body.GetProperty("model").GetString()));

        var kept = (await _home.RunAsync("session", "show", "web", "--json")).Succeeded().Json.GetProperty("configuration");
        Assert.Equal(("m-1", "Be brief.\nAlways.", "accept_edits", 7, 123456), (kept.GetProperty("model").GetString(), kept.GetProperty("system_prompt").GetString(),
            kept.GetProperty("permission_mode").GetString(), kept.GetProperty("max_turns").GetInt32(), kept.GetProperty("token_budget").GetInt32()));
        Assert.Equal(["create", "view"], kept.GetProperty("allowed_tools").EnumerateArray().Select(t => t.GetString()));
        var shown = (await _home.RunAsync("session", "show", "web")).Succeeded().Stdout;
        foreach (var line in (string[])["  Model: m-1\n", "  System Prompt: Be brief. ...\n", "  Permission Mode: accept-edits\n", "  Allowed Tools: create, view\n", "  Disallowed Tools: view\n", "  Max Turns: 7\n", "  Token Budget: 123456\n"])
            Assert.Contains(line, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Idle Timeout", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_a_new_session_can_be_given_is_refused_for_one_that_exists()
    {
        (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();
        var servers = Path.Combine(_home.Root, "servers.json");
        await File.WriteAllTextAsync(servers, """{"mcpServers":{"git":{"command":"git-server","env":{"TOKEN":"hidden"}}}}""");
        var refused = await _home.RunAsync("code", "-s", "web", "--mcp-config", servers, "hello");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("its MCP servers were said when it was created", refused.Stderr, StringComparison.Ordinal);
        Assert.Equal(2, (await _home.RunAsync("code", "-s", "web", "--allowed-tools", "nosuch", "hello")).ExitCode);

        (await _home.RunAsync("session", "start", "-n", "app", "--agent", "claude-code", "--mcp-config", servers, "--allow", "example.org")).Succeeded();
        var shown = (await _home.RunAsync("session", "show", "app")).Succeeded().Stdout + (await _home.RunAsync("session", "show", "app", "--json")).Succeeded().Stdout;
        Assert.Contains("  MCP Servers: git\n  Network: example.org\n", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Debug_tells_on_standard_error_what_happens_and_nothing_that_was_said()
    {
        _home.Set("ANTHROPIC_API_KEY", "sk-of-this-test");
        var result = (await _home.RunAsync("code", "-s", "web", "--debug", "Write a note")).Succeeded();
        Assert.Equal("Written.\n", result.Stdout);
        foreach (var said in (string[])["debug: Session web: a turn of builtin begins", "debug: Session web: create is called", "information: Session web: a turn of builtin ended"])
            Assert.Contains(said, result.Stderr, StringComparison.Ordinal);
        foreach (var secret in (string[])["Write a note", "kept", "sk-of-this-test"]) Assert.DoesNotContain(secret, result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("Session web", (await _home.RunAsync("code", "-s", "web", "Write a note")).Succeeded().Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_agent_than_the_sessions_own_is_refused()
    {
        (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();
        var refused = await _home.RunAsync("code", "-s", "web", "--agent", "claude-code", "hello");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("'builtin'", refused.Stderr, StringComparison.Ordinal);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
