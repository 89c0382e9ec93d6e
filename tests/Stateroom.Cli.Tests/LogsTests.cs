using System.Text.Json;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>What ran and what runs, looked at from other processes.</summary>
public sealed class LogsTests : IAsyncLifetime
{
    private readonly CliHome _home = new();

    public async ValueTask InitializeAsync() => (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task Every_byte_of_a_command_whose_process_was_killed_can_be_read_and_followed()
    {
        using (var run = _home.Start(CliHome.Program, "run", "web", "--", "seq 1 100000; echo err >&2; mkfifo go; read x < go; seq 100001 200000"))
        {
            Assert.Equal("1", await run.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit));
            run.Kill();
            await run.WaitForExitAsync().WaitAsync(Patience.Limit);
        }
        var id = Assert.Single((await ListAsync()).EnumerateArray(), e => e.GetProperty("is_running").GetBoolean()).GetProperty("id").GetString()!;
        var following = _home.RunAsync("logs", "web", id, "-f");
        (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "until [ -e go ]; do sleep 0.01; done; echo > go")).Succeeded();
        var all = string.Concat(Enumerable.Range(1, 200000).Select(i => $"{i}\n"));
        var followed = (await following).Succeeded();
        Assert.Equal((all, "err\n"), (followed.Stdout, followed.Stderr));

        // After its end, and after that of its room, it is the same.
        var again = (await _home.RunAsync("logs", "web", id, "--follow")).Succeeded();
        (await _home.RunAsync("session", "close", "web")).Succeeded();
        var closed = (await _home.RunAsync("logs", "web", id)).Succeeded();
        Assert.Equal((all, all, "err\n"), (again.Stdout, closed.Stdout, closed.Stderr));
        Assert.Equal("200000\n", (await _home.RunAsync("logs", "web", id, "--tail", "7")).Succeeded().Stdout);
        Assert.Equal("200000\n", (await _home.RunAsync("logs", "web", id, "--from", $"{all.Length - 7},4")).Succeeded().Stdout);
        Assert.Equal("stopped", (await _home.RunAsync("session", "show", "web", "--json")).Json.GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_list_tells_how_each_ended_and_json_has_what_scripts_use()
    {
        await _home.RunAsync("run", "web", "--", "printf 'a\\377'; echo bad >&2; exit 3");
        var view = Assert.Single((await ListAsync()).EnumerateArray());
        Assert.Equal(("exec", "exited", 3, false), (
            view.GetProperty("kind").GetString(), view.GetProperty("outcome").GetString(), view.GetProperty("exit_code").GetInt32(), view.GetProperty("is_running").GetBoolean()));
        Assert.Equal(6, view.GetProperty("output_bytes").GetInt32());
        Assert.Contains(" 6 B ", (await _home.RunAsync("logs", "web")).Stdout, StringComparison.Ordinal);
        Assert.Contains("exit 3", (await _home.RunAsync("logs", "web")).Succeeded().Stdout, StringComparison.Ordinal);
        var output = (await _home.RunAsync("logs", "web", view.GetProperty("id").GetString()!, "--json")).Succeeded().Json;
        Assert.Equal([(byte)'a', 255], output.GetProperty("stdout_base64").GetBytesFromBase64());
        Assert.Equal(("bad\n", 0), (output.GetProperty("stderr").GetString(), output.GetProperty("stdout_missing").GetInt32()));
    }

    [Fact]
    public async Task A_gap_is_told_on_standard_error_and_what_is_kept_is_printed()
    {
        await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Home });
        var options = new SessionOptions { Sandbox = new SandboxOptions { Retention = new RetentionOptions { MaxBytesPerExecution = 1 << 20 } } };
        string id;
        await using (var session = await stateroom.CreateAsync("small", options)) id = (await session.RunAsync("head -c 3000000 /dev/zero; echo end")).ExecId;
        var logs = (await _home.RunAsync("logs", "small", id)).Succeeded();
        Assert.EndsWith("end\n", logs.Stdout, StringComparison.Ordinal);
        Assert.Equal($"stateroom: {3_000_004 - logs.StdoutBytes.Length} bytes of stdout are not kept any more\n", logs.Stderr);
    }

    [Fact]
    public async Task A_follower_is_told_when_nothing_follows_because_the_room_has_ended()
    {
        using var run = _home.Start(CliHome.Program, "run", "web", "--", "echo begun; exec sleep 1000");
        Assert.Equal("begun", await run.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit));
        var id = Assert.Single((await ListAsync()).EnumerateArray()).GetProperty("id").GetString()!;
        using var following = _home.Start(CliHome.Program, "logs", "web", id, "-f");
        Assert.Equal("begun", await following.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit));
        (await _home.RunAsync("session", "close", "web")).Succeeded();
        Assert.Equal($"stateroom: The room ended while '{id}' ran: how it ended is not known, and nothing follows. [sandbox_lost]\n", await following.StandardError.ReadToEndAsync().WaitAsync(Patience.Limit));
        await following.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal(0, following.ExitCode);
        await run.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal(125, run.ExitCode);
    }

    [Fact]
    public async Task The_output_of_a_shell_can_be_followed_from_another_process()
    {
        await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Home });
        await using var session = await stateroom.OpenAsync("web");
        await using var shell = await session.OpenShellAsync();
        await shell.RunAsync("mkfifo go; (read x < go; echo late) & echo one");
        var following = _home.RunAsync("logs", "web", shell.Id, "-f");
        await shell.RunAsync("echo two; echo > go; wait");
        await shell.CloseAsync();
        var lines = (await following).Succeeded().Stdout.Split('\n');
        Assert.Equal(["", "late", "one", "two"], lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ps_names_what_started_each_process_and_leaves_a_closed_session_closed()
    {
        (await _home.RunAsync("run", "web", "--", "setsid sleep 1000 > /dev/null 2>&1 &")).Succeeded();
        var id = Assert.Single((await ListAsync()).EnumerateArray()).GetProperty("id").GetString()!;
        var processes = (await _home.RunAsync("ps", "web", "--json")).Succeeded().Json;
        Assert.Equal(id, Assert.Single(processes.EnumerateArray()).GetProperty("started_by").GetString());
        var table = (await _home.RunAsync("ps", "web")).Succeeded().Stdout;
        Assert.StartsWith("PID ", table, StringComparison.Ordinal);
        Assert.Contains(id, table, StringComparison.Ordinal);

        (await _home.RunAsync("session", "close", "web")).Succeeded();
        var closed = await _home.RunAsync("ps", "web");
        Assert.Equal(1, closed.ExitCode);
        Assert.EndsWith("[session_closed]\n", closed.Stderr, StringComparison.Ordinal);
        Assert.Equal("closed", (await _home.RunAsync("session", "show", "web", "--json")).Json.GetProperty("state").GetString());
    }

    private async Task<JsonElement> ListAsync() => (await _home.RunAsync("logs", "web", "--json")).Succeeded().Json;
}
