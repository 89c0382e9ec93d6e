using System.Diagnostics;
using Stateroom.Testing;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>Probe (ii): rooms outlive the processes that use them, and end when they should. The faults are real: kill -9.</summary>
public sealed class LifetimeTests : IAsyncLifetime
{
    private readonly CliHome _home = new();

    public async ValueTask InitializeAsync() => (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task A_killed_exec_goes_on_in_the_room_and_the_next_command_finds_the_truth()
    {
        using (var exec = _home.Start(CliHome.Program, "run", "web", "--", "echo begun; mkfifo go; read x < go; echo $x > result"))
        {
            Assert.Equal("begun", await exec.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit));
            await KillAsync(exec);
        }
        var info = (await _home.RunAsync("session", "show", "web", "--json")).Succeeded().Json;
        Assert.Equal(("idle", 1), (info.GetProperty("state").GetString(), info.GetProperty("total_commands").GetInt32()));
        (await _home.RunAsync("run", "web", "--", "echo went on > go")).Succeeded();
        // The read of the FIFO's other end may take a moment after its writer has gone.
        Assert.Equal("went on\n", (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "until [ -s result ]; do sleep 0.01; done; cat result")).Succeeded().Stdout);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_killed_turn_is_told_as_interrupted_and_the_session_takes_the_next_prompt()
    {
        await using var model = await ScriptedModelServer.StartAsync(Scenario.Parse("""
            { "turns": [
                { "prompt": "wait", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "echo begun > /workspace/begun; sleep 1000" } } ] } ] },
                { "prompt": "hello", "replies": [ { "text": "Hello again." } ] } ] }
            """));
        _home.Set("ANTHROPIC_BASE_URL", model.BaseAddress.ToString()).Set("ANTHROPIC_API_KEY", "test");
        using (var code = _home.Start(CliHome.Program, "code", "please wait", "-s", "web"))
        {
            (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "until [ -e begun ]; do sleep 0.01; done")).Succeeded();
            Assert.Equal("busy", (await _home.RunAsync("session", "show", "web", "--json")).Succeeded().Json.GetProperty("state").GetString());
            await KillAsync(code);
        }
        Assert.Equal("idle", (await _home.RunAsync("session", "show", "web", "--json")).Succeeded().Json.GetProperty("state").GetString());
        Assert.Equal("Hello again.", (await _home.RunAsync("code", "hello", "-s", "web")).Succeeded().Stdout.Trim());
        Assert.Contains("turn_interrupted", (await _home.RunAsync("session", "history", "web")).Succeeded().Stdout, StringComparison.Ordinal);
        Assert.Contains("please wait", (await _home.RunAsync("session", "messages", "web")).Succeeded().Stdout, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_room_is_adopted_by_several_processes_and_outlives_each_of_them()
    {
        (await _home.RunAsync("run", "web", "--", "echo 1 > /tmp/in-the-room")).Succeeded();
        var both = await Task.WhenAll(_home.RunAsync("run", "web", "--", "cat /tmp/in-the-room"), _home.RunAsync("run", "web", "--", "cat /tmp/in-the-room"));
        Assert.All(both, r => Assert.Equal("1\n", r.Succeeded().Stdout));
        Assert.Equal("1\n", (await _home.RunAsync("run", "web", "--", "cat /tmp/in-the-room")).Succeeded().Stdout);
    }

    [Fact]
    public async Task A_room_ends_by_its_idle_time_and_says_so()
    {
        await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Home });
        var options = new SessionOptions { Sandbox = new SandboxOptions { IdleTimeout = TimeSpan.FromSeconds(1) }, Open = new OpenOptions { KeepRunning = true } };
        await using (var session = await stateroom.CreateAsync("short", options))
        {
            var ended = session.Sandbox.Ended;
            await session.DisposeAsync();
            Assert.Equal(SandboxEndReason.Detached, (await ended.WaitAsync(Patience.Limit)).Reason);
        }
        using var patience = new CancellationTokenSource(Patience.Limit);
        while ((await stateroom.GetAsync("short", patience.Token)).IsRunning) await Task.Delay(20, patience.Token);
        (await _home.RunAsync("run", "short", "--", "true")).Succeeded();
        Assert.Contains("\"reason\":\"idle\"", (await _home.RunAsync("session", "history", "short")).Succeeded().Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_detached_start_does_not_hold_the_pipe_that_it_printed_to()
    {
        var result = await _home.ShellAsync("timeout 20 sh -c \"'" + CliHome.Program + "' session start -n piped | cat\"");
        Assert.Equal("piped\n", result.Succeeded().Stdout);
        Assert.True((await _home.RunAsync("session", "show", "piped", "--json")).Succeeded().Json.GetProperty("state").GetString() is "idle");
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Patience.Limit);
    }

    /// <summary>After the close and a sweep no process, mount or directory of a room is left.</summary>
    private async Task AssertNothingIsLeftAsync()
    {
        (await _home.RunAsync("session", "close", "web")).Succeeded();
        (await _home.RunAsync("doctor", "--sweep")).Succeeded();
        var rooms = Directory.GetDirectories(Path.Combine(_home.Home, "run")).Select(Path.GetFileName).Where(n => !n!.StartsWith("etc-", StringComparison.Ordinal));
        Assert.Empty(rooms);
        Assert.DoesNotContain(_home.Home, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), d => Arguments(d).Contains(_home.Home, StringComparison.Ordinal));
    }

    private static string Arguments(string directory)
    {
        try
        {
            return int.TryParse(Path.GetFileName(directory), out _) ? File.ReadAllText(Path.Combine(directory, "cmdline")) : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
