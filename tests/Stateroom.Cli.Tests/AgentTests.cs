using System.Text;
using Stateroom.Cli.Tests.Terminals;

namespace Stateroom.Cli.Tests;

/// <summary>agent list, install, remove and key.</summary>
public sealed class AgentTests : IAsyncLifetime
{
    private const string Secret = "sk-ant-typed-0123456789";

    private readonly CliHome _home = new();

    private string File => Path.Combine(_home.Home, "credentials.json");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task A_key_is_read_from_standard_input_stored_for_its_owner_alone_and_removed()
    {
        var stored = (await _home.RunWithInputAsync(Encoding.UTF8.GetBytes(Secret + "\n"), "agent", "key", "--kind", "subscription")).Succeeded();
        Assert.DoesNotContain(Secret, stored.Stdout + stored.Stderr, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));

        var list = (await _home.RunAsync("agent", "list")).Succeeded();
        Assert.Contains(File, list.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, list.Stdout, StringComparison.Ordinal);
        var agents = (await _home.RunAsync("agent", "list", "--json")).Succeeded().Json;
        Assert.Equal(["builtin", "claude-code"], agents.EnumerateArray().Select(a => a.GetProperty("name").GetString()));
        Assert.Equal([true, false], agents.EnumerateArray().Select(a => a.GetProperty("is_installed").GetBoolean()));
        Assert.Equal([null, File], agents.EnumerateArray().Select(a => a.GetProperty("credential_from").GetString()));

        Assert.True((await _home.RunAsync("agent", "key", "--remove", "--json")).Succeeded().Json.GetProperty("removed").GetBoolean());
        Assert.False((await _home.RunAsync("agent", "key", "--remove", "--json")).Succeeded().Json.GetProperty("removed").GetBoolean());
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task At_a_terminal_the_key_is_asked_for_and_not_shown()
    {
        (await _home.RunAsync("session", "list")).Succeeded();
        using var terminal = PseudoTerminal.Start(_home, "agent", "key");
        await terminal.Until("API key (not shown): ");
        var hidden = terminal.Settings;
        terminal.Type(Secret + "\r");
        await terminal.Until("The key is stored.");
        Assert.Equal(0, await terminal.ExitCode());
        Assert.DoesNotContain(Secret, terminal.Shown, StringComparison.Ordinal);
        Assert.Contains(Secret, await System.IO.File.ReadAllTextAsync(File), StringComparison.Ordinal);
        // Shown again afterwards: ECHO (8) of the local flags, the fourth word of the settings.
        Assert.Equal((0u, 8u), (BitConverter.ToUInt32(hidden, 12) & 8, BitConverter.ToUInt32(terminal.Settings, 12) & 8));
    }

    [Fact]
    public async Task Ctrl_C_at_the_prompt_stores_nothing_and_gives_the_terminal_back()
    {
        using var terminal = PseudoTerminal.Start(_home, "agent", "key");
        await terminal.Until("(not shown): ");
        terminal.Type(Secret[..5] + "\x03");
        Assert.Equal(130, await terminal.ExitCode());
        Assert.Equal(8u, BitConverter.ToUInt32(terminal.Settings, 12) & 8);
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData("", "No key was given")]
    [InlineData("two words\n", "no key")]
    [InlineData("\n", "No key was given")]
    public async Task What_is_no_key_is_refused_and_not_shown(string input, string says)
    {
        var refused = await _home.RunWithInputAsync(Encoding.UTF8.GetBytes(input), "agent", "key");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(says, refused.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("two words", refused.Stderr, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData("install builtin", "part of Stateroom")]
    [InlineData("install claude-code --from /nowhere/at/all.tgz", "/nowhere/at/all.tgz")]
    [InlineData("install claude-code --from /etc/passwd", "SHA-512")]
    public async Task What_cannot_be_installed_is_told_and_leaves_nothing(string arguments, string says)
    {
        var refused = await _home.RunAsync(["agent", .. arguments.Split(' ')]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(says, refused.Stderr, StringComparison.Ordinal);
        Assert.EndsWith("[agent_not_installed]\n", refused.Stderr, StringComparison.Ordinal);
        Assert.False((await _home.RunAsync("agent", "remove", "claude-code", "--json")).Succeeded().Json.GetProperty("removed").GetBoolean());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_home.Home, "agents"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_stored_key_that_cannot_be_used_is_told_below_the_list_and_by_doctor_with_the_remedy()
    {
        Assert.Contains("it has no key yet", (await _home.RunAsync("doctor")).Stdout, StringComparison.Ordinal);
        (await _home.RunWithInputAsync(Encoding.UTF8.GetBytes(Secret), "agent", "key")).Succeeded();
        var well = (await _home.RunAsync("doctor", "--json")).Succeeded().Json.GetProperty("findings").EnumerateArray().Where(f => f.GetProperty("check").GetString() == "agent").ToList();
        Assert.Equal(["ok", "ok"], well.Select(f => f.GetProperty("level").GetString()));
        Assert.Contains($"its key comes from {File}", well[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("claude-code is not installed", well[1].GetProperty("message").GetString(), StringComparison.Ordinal);

        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var list = (await _home.RunAsync("agent", "list")).Succeeded().Stdout.TrimEnd('\n').Split('\n');
        Assert.EndsWith("cannot be used: see below", list[1], StringComparison.Ordinal);
        Assert.Contains("chmod 600", Assert.Single(list[3..]), StringComparison.Ordinal);
        // Another key comes first, and the file is told all the same.
        _home.Set("ANTHROPIC_API_KEY", "sk-other");
        var doctor = (await _home.RunAsync("doctor", "--json")).Succeeded();
        var warning = Assert.Single(doctor.Json.GetProperty("findings").EnumerateArray(), f => f.GetProperty("check").GetString() == "credentials");
        Assert.Equal("warning", warning.GetProperty("level").GetString());
        Assert.Contains("others may read", warning.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("stateroom agent key", warning.GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Contains("its key comes from ANTHROPIC_API_KEY", doctor.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, doctor.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-other", doctor.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stored_key_is_the_builtin_agents()
    {
        await using var model = await Testing.ScriptedModelServer.StartAsync(
            Testing.Scenario.Parse("""{ "turns": [ { "prompt": "", "replies": [ { "text": "It fits." } ] } ] }"""), apiKey: Secret);
        _home.Set("ANTHROPIC_BASE_URL", model.BaseAddress.AbsoluteUri);
        (await _home.RunWithInputAsync(Encoding.UTF8.GetBytes(Secret), "agent", "key")).Succeeded();
        Assert.Equal("It fits.\n", (await _home.RunAsync("code", "Does it?")).Succeeded().Stdout);
    }
}
