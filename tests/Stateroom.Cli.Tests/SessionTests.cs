using Stateroom.Cli.Tests.Terminals;

namespace Stateroom.Cli.Tests;

/// <summary>The session verbs, as a user goes through them.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task Start_prints_the_id_alone()
    {
        await using var home = new CliHome();
        Assert.Equal("web\n", (await home.RunAsync("session", "start", "-n", "web")).Succeeded().Stdout);
        var generated = (await home.RunAsync("session", "start")).Succeeded().Stdout.TrimEnd();
        Assert.True(SessionId.IsValid(generated), generated);
    }

    [Fact]
    public async Task Files_and_counters_outlive_close_and_restore()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        (await home.RunAsync("run", "web", "--", "echo kept > note")).Succeeded();
        (await home.RunAsync("session", "close", "web")).Succeeded();
        (await home.RunAsync("session", "close", "web")).Succeeded();
        Assert.Contains("stopped (closed)", (await home.RunAsync("session", "show", "web")).Succeeded().Stdout, StringComparison.Ordinal);
        (await home.RunAsync("session", "restore", "web")).Succeeded();
        Assert.Equal("kept\n", (await home.RunAsync("exec", "web", "--", "cat", "note")).Stdout);
        Assert.Contains("Total Commands: 2", (await home.RunAsync("session", "show", "web")).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_can_be_filtered_by_state_text_and_number()
    {
        await using var home = new CliHome();
        foreach (var id in (string[])["web-1", "web-2", "db-1"]) (await home.RunAsync("session", "start", "-n", id)).Succeeded();
        (await home.RunAsync("session", "close", "web-1")).Succeeded();
        Assert.Equal(["web-1"], await IdsAsync(home, "--state", "closed"));
        Assert.Equal(["web-2", "web-1"], await IdsAsync(home, "--contains", "web"));
        Assert.Equal(["db-1"], await IdsAsync(home, "--limit", "1"));
        Assert.Empty(await IdsAsync(home, "--older-than", "1d"));
        Assert.Equal(3, (await IdsAsync(home, "--older-than", "1ms")).Length);
    }

    [Fact]
    public async Task Removing_with_keep_files_leaves_them_for_the_next_session_of_that_id()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        (await home.RunAsync("run", "web", "--", "echo kept > note")).Succeeded();
        (await home.RunAsync("session", "rm", "web", "--keep-files")).Succeeded();
        Assert.Equal("No sessions found.\n", (await home.RunAsync("session", "list")).Stdout);
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        Assert.Equal("kept\n", (await home.RunAsync("exec", "web", "--", "cat", "note")).Stdout);
    }

    [Fact]
    public async Task Removing_what_is_not_there_succeeds_and_says_so()
    {
        await using var home = new CliHome();
        var text = (await home.RunAsync("session", "rm", "web")).Succeeded();
        Assert.Equal(("", "Session 'web' does not exist; nothing to remove.\n"), (text.Stdout, text.Stderr));
        var json = (await home.RunAsync("session", "rm", "web", "--yes", "--json")).Succeeded();
        Assert.False(json.Json.GetProperty("removed").GetBoolean());
    }

    [Fact]
    public async Task An_id_that_begins_with_a_dash_is_taken_behind_two()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "-x")).Succeeded();
        foreach (var verb in (string[])["session show", "session history", "session messages", "session close", "session restore", "ps", "logs"])
            (await home.RunAsync([.. verb.Split(' '), "--", "-x"])).Succeeded();
        Assert.Equal("-l\n", (await home.RunAsync("exec", "--", "-x", "echo", "-l")).Succeeded().Stdout);
        Assert.Equal("-l\n", (await home.RunAsync("exec", "--", "-x", "--", "echo", "-l")).Succeeded().Stdout);
        Assert.Equal("hi\n", (await home.RunAsync("run", "--timeout", "20s", "--", "-x", "--", "echo hi")).Succeeded().Stdout);
        (await home.RunAsync("session", "rm", "--yes", "--", "-x")).Succeeded();
        Assert.Equal("[]", (await home.RunAsync("session", "list", "--json")).Stdout.Trim());
    }

    [Fact]
    public async Task That_there_are_no_messages_is_said_and_json_is_an_empty_list()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        Assert.Equal("No messages.\n", (await home.RunAsync("session", "messages", "web")).Succeeded().Stdout);
        Assert.Empty((await home.RunAsync("session", "messages", "web", "--json")).Succeeded().Json.EnumerateArray());
    }

    [Theory]
    [InlineData("n\r", 1)]
    [InlineData("y\r", 0)]
    public async Task Removing_asks_at_a_terminal_and_leaves_its_keys_as_they_are(string answer, int exitCode)
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        using var terminal = PseudoTerminal.Start(home, "session", "rm", "web");
        await terminal.Until("[y/N] ");
        terminal.Type(answer);
        Assert.Equal(exitCode, await terminal.ExitCode());
        Assert.DoesNotContain("\e[?1h", terminal.Shown, StringComparison.Ordinal);
        Assert.DoesNotContain("\e=", terminal.Shown, StringComparison.Ordinal);
        Assert.Equal(exitCode == 0, !Directory.Exists(Path.Combine(home.Home, "sessions", "web")));
    }

    private static async Task<string[]> IdsAsync(CliHome home, params string[] filter) =>
        [.. (await home.RunAsync(["session", "list", "--json", .. filter])).Succeeded().Json.EnumerateArray().Select(s => s.GetProperty("id").GetString()!)];
}
