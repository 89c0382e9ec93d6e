using System.Text.Json;

namespace Stateroom.Cli.Tests;

/// <summary>Every mistake gets one clear line on standard error, the right exit code, and changes nothing on disk.</summary>
public sealed class BadInputTests
{
    /// <summary>Arguments, exit code, code of the error, and what the line must say.</summary>
    public static TheoryData<string, int, string, string> Mistakes => new()
    {
        { "frobnicate", 2, "usage", "frobnicate" },
        { "session", 2, "usage", "stateroom session --help" },
        { "session frob --help", 2, "usage", "'frob'" },
        { "frob --help", 2, "usage", "'frob'" },
        { "session list --frob", 2, "usage", "--frob" },
        { "session list --state asleep", 2, "usage", "asleep" },
        { "session list --limit 0", 2, "usage", "--limit" },
        { "session list --older-than 7y", 2, "usage", "7y" },
        { "session list --limit many", 2, "usage", "many" },
        { "session show", 2, "usage", "stateroom session show --help" },
        { "session show ../x", 2, "invalid_session_id", "a-z" },
        { "session start -n a.b", 2, "invalid_session_id", "a.b" },
        { "session rm ../../etc --yes", 2, "invalid_session_id", "../../etc" },
        { "session history missing", 1, "session_not_found", "missing" },
        { "session messages missing", 1, "session_not_found", "missing" },
        { "session show missing", 1, "session_not_found", "'missing' not found" },
        { "session close missing", 1, "session_not_found", "missing" },
        { "session restore missing", 1, "session_not_found", "missing" },
        { "exec missing -- true", 125, "session_not_found", "missing" },
        { "run missing -- true", 125, "session_not_found", "missing" },
        { "exec ../x -- true", 2, "invalid_session_id", "../x" },
        { "exec missing", 2, "usage", "stateroom exec --help" },
        { "exec missing --timeout soon -- true", 2, "usage", "soon" },
        { "exec missing --timeout 0 -- true", 2, "usage", "'0' is not a duration" },
        { "exec missing --env =x -- true", 2, "usage", "=x" },
        { "ps missing", 1, "session_not_found", "missing" },
        { "logs missing", 1, "session_not_found", "missing" },
        { "logs missing some", 1, "session_not_found", "missing" },
        { "logs missing -f", 2, "usage", "--follow" },
        { "logs missing some --tail -1", 2, "usage", "-1" },
        { "logs missing some --from 1,x", 2, "usage", "1,x" },
        { "logs missing some --from 1 --tail 1", 2, "usage", "not both" },
        { "run missing -- ls -la", 2, "usage", "-la" },
        { "code", 2, "usage", "stateroom code --help" },
        { "code -s a/b hello", 2, "invalid_session_id", "a/b" },
        { "code --max-turns 0 hello", 2, "usage", "--max-turns" },
        { "code --agent nope hello", 2, "usage", "'claude-code'" },
        { "code --allowed-tools nosuch hello", 2, "usage", "'nosuch' of --allowed-tools is no tool of the builtin agent" },
        { "session start --disallowed-tools bash,nosuch", 2, "usage", "'nosuch' of --disallowed-tools" },
        { "session start --agent nope", 2, "usage", "nope" },
        { "agent install foo", 2, "usage", "claude-code" },
        { "agent remove foo", 2, "usage", "claude-code" },
        { "code hello", 1, "agent_configuration", "ANTHROPIC_API_KEY" },
        { "code --agent claude-code hello", 1, "agent_configuration", "stateroom agent install claude-code" },
        { "code -s fresh hello", 1, "agent_configuration", "ANTHROPIC_API_KEY" },
        { "doctor --repair missing", 1, "session_not_found", "missing" },
        { "doctor --repair a.b", 2, "invalid_session_id", "a.b" },
        { "completion fish", 2, "usage", "fish" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_one_line_on_standard_error_and_changes_nothing(string arguments, int exitCode, string code, string says)
    {
        await using var home = new CliHome();
        await home.RunAsync("session", "list");
        var before = home.Fingerprint();

        var result = await home.RunAsync(arguments.Split(' '));

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Stdout);
        Assert.Single(result.Stderr.TrimEnd('\n').Split('\n'));
        Assert.Contains(says, result.Stderr, StringComparison.Ordinal);
        Assert.EndsWith($"[{code}]\n", result.Stderr, StringComparison.Ordinal);
        Assert.Equal(before, home.Fingerprint());
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task With_json_a_mistake_is_a_json_object_on_standard_error(string arguments, int exitCode, string code, string says)
    {
        await using var home = new CliHome();
        var words = arguments.Split(' ').ToList();
        var end = words.IndexOf("--");
        words.Insert(end < 0 ? words.Count : end, "--json");

        var result = await home.RunAsync([.. words]);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Empty(result.Stdout);
        var error = JsonElement.Parse(result.Stderr).GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Contains(says, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(error.GetProperty("message").GetString()!, char.IsControl);
    }

    [Fact]
    public async Task An_empty_id_is_refused_before_anything_is_removed()
    {
        await using var home = new CliHome();
        var result = await home.RunAsync("session", "rm", "", "--yes");
        Assert.Equal(2, result.ExitCode);
        Assert.EndsWith("[invalid_session_id]\n", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_prompt_is_refused()
    {
        await using var home = new CliHome();
        Assert.Equal(2, (await home.RunAsync("code", " ")).ExitCode);
    }

    [Fact]
    public async Task Starting_a_session_that_exists_says_so_and_leaves_it_alone()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        var result = await home.RunAsync("session", "start", "-n", "web");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Session 'web' already exists", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("stateroom session restore web", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("running", (await home.RunAsync("session", "list")).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corrupt_session_is_named_with_its_repair_and_hides_no_other()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "good")).Succeeded();
        (await home.RunAsync("session", "start", "-n", "bad")).Succeeded();
        await File.WriteAllBytesAsync(home.SessionFile("bad", "session.json"), "{ torn"u8.ToArray());

        var shown = await home.RunAsync("session", "show", "bad");
        Assert.Equal(1, shown.ExitCode);
        Assert.Contains("doctor --repair", shown.Stderr, StringComparison.Ordinal);
        var listed = (await home.RunAsync("session", "list", "--json")).Json.EnumerateArray().ToDictionary(s => s.GetProperty("id").GetString()!);
        Assert.Equal(JsonValueKind.Null, listed["good"].GetProperty("problem").ValueKind);
        Assert.NotEmpty(listed["bad"].GetProperty("problem").GetString()!);

        await home.RunAsync("doctor", "--repair", "bad");
        (await home.RunAsync("exec", "bad", "--", "true")).Succeeded();
    }

    [Fact]
    public async Task A_session_whose_record_is_gone_is_told_by_doctor_which_makes_it_one_again()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        File.Delete(home.SessionFile("web", "session.json"));
        Assert.Contains("[session_not_found]", (await home.RunAsync("exec", "web", "--", "true")).Stderr, StringComparison.Ordinal);
        var doctor = await home.RunAsync("doctor", "--json");
        var finding = Assert.Single(doctor.Json.GetProperty("findings").EnumerateArray(), f => f.GetProperty("check").GetString() == "session");
        Assert.Equal("warning", finding.GetProperty("level").GetString());
        Assert.Contains("doctor --repair web", finding.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Contains("rebuilt", (await home.RunAsync("doctor", "--repair")).Stdout, StringComparison.Ordinal);
        (await home.RunAsync("exec", "web", "--", "true")).Succeeded();
    }

    [Theory]
    [InlineData("run web -- 'echo hi; sleep 1000' > /dev/full", 125, "output_failed", "Standard output cannot be written")]
    [InlineData("session list > /dev/full", 1, "output_failed", "Standard output cannot be written")]
    [InlineData("session list", 1, "io_failed", "Set STATEROOM_HOME", "/proc/none/here")]
    [InlineData("run web -- true", 125, "io_failed", "'/dev/null/here' cannot be used", "/dev/null/here")]
    public async Task What_the_host_refuses_is_told_in_words_and_with_a_code(string line, int exitCode, string code, string says, string? stateroomHome = null)
    {
        await using var home = new CliHome();
        if (stateroomHome is null) (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        var result = await home.ShellAsync((stateroomHome is null ? "" : $"STATEROOM_HOME={stateroomHome} ") + $"stateroom {line}");
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(says, result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", result.Stderr, StringComparison.Ordinal);
        Assert.EndsWith($"[{code}]\n", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_named_as_such_wherever_it_shows()
    {
        await using var home = new CliHome();
        var result = await home.ShellAsync($"""
            exec /usr/bin/bwrap --dev-bind / / --size 65536 --tmpfs '{home.Root}' sh -c 'chmod 711 {home.Root}; {CliHome.Program} session list; head -c 1000000 /dev/zero > {home.Root}/fill;
            exec {CliHome.Program} session start -n web' 2>&1
            """);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Free space", result.Stdout, StringComparison.Ordinal);
        Assert.EndsWith("[disk_full]\n", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_bubblewrap_is_named_with_the_way_out()
    {
        await using var home = new CliHome();
        home.Set("PATH", home.Root);
        // Where it is looked for beside PATH, this run sees nothing.
        var result = await home.ShellAsync($"exec /usr/bin/bwrap --dev-bind / / --tmpfs /usr/bin '{CliHome.Program}' session start -n web");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("bubblewrap", result.Stderr, StringComparison.Ordinal);
        Assert.EndsWith("[sandbox_start_failed]\n", result.Stderr, StringComparison.Ordinal);
        Assert.Equal("[]", (await home.RunAsync("session", "list", "--json")).Stdout.Trim());
    }

    [Fact]
    public async Task Files_are_not_removed_unasked_where_nobody_can_be_asked()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        var result = await home.RunAsync("session", "rm", "web");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--yes", result.Stderr, StringComparison.Ordinal);
        (await home.RunAsync("session", "show", "web")).Succeeded();
    }
}
