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
        Assert.Contains("stopped (closed)", (await home.RunAsync("session", "show", "web")).Stdout, StringComparison.Ordinal);
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

    private static async Task<string[]> IdsAsync(CliHome home, params string[] filter) =>
        [.. (await home.RunAsync(["session", "list", "--json", .. filter])).Succeeded().Json.EnumerateArray().Select(s => s.GetProperty("id").GetString()!)];
}
