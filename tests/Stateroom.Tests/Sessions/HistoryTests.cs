using System.Text;
using Stateroom.Sessions;

namespace Stateroom.Tests.Sessions;

public sealed class HistoryTests : SessionHome
{
    [Fact]
    public async Task Commands_are_counted_at_once_and_in_the_file_within_a_second()
    {
        await using var session = await Host().CreateAsync("x");
        await session.RunAsync("echo 1");
        await session.ExecAsync(["printf", "%s", "it's"]);
        await using (var shell = await session.OpenShellAsync()) await shell.RunAsync("cd /");
        Assert.Equal(3, (await session.GetInfoAsync()).TotalCommands);
        Assert.Equal(3, (await Host().GetAsync("x")).TotalCommands);
        await Until(() => Task.FromResult(Record("x").GetProperty("total_commands").GetInt64() == 3)).WaitAsync(TimeSpan.FromSeconds(2));
        var commands = (await session.ReadHistoryAsync().ToListAsync()).Where(entry => entry.Action == HistoryActions.Command).ToList();
        Assert.Equal(["echo 1", "printf %s 'it'\\''s'", "cd /"], commands.Select(entry => entry.Context.GetProperty("command").GetString()));
        Assert.Equal("shell-1", commands[2].Context.GetProperty("shell_id").GetString());
        Assert.Equal(3, commands.Select(entry => entry.Context.GetProperty("exec_id").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task The_counters_are_in_the_file_when_the_handle_is_gone()
    {
        await using (var session = await Host().CreateAsync("x"))
            for (var i = 0; i < 5; i++) await session.RunAsync("true");
        Assert.Equal(5, Record("x").GetProperty("total_commands").GetInt64());
    }

    [Fact]
    public async Task Commands_from_many_handles_at_once_are_all_counted()
    {
        var sessions = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Host().OpenOrCreateAsync("x")));
        await Task.WhenAll(sessions.SelectMany(session => Enumerable.Range(0, 100).Select(i => Task.Run(() => session.RunAsync($"echo {i}")))));
        Assert.Equal(500, (await Host().GetAsync("x")).TotalCommands);
        await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask()));
        Assert.Equal(500, Record("x").GetProperty("total_commands").GetInt64());
        Assert.DoesNotContain(await HistoryOf(Host(), "x"), entry => entry.Action == HistoryActions.DamagedLine);
    }

    [Fact]
    public async Task A_command_is_in_the_history_before_it_starts()
    {
        var seen = 0;
        Machine.OnRun = (_, line) => seen = File.ReadAllLines(Paths("x").History).Count(text => text.Contains(line, StringComparison.Ordinal));
        await using var session = await Host().CreateAsync("x");
        await session.RunAsync("the-command");
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task A_second_start_under_one_exec_id_is_not_counted_again()
    {
        await using var session = await Host().CreateAsync("x");
        await using var other = await Host().OpenAsync("x");
        await session.RunAsync("true", new ExecOptions { ExecId = "once" });
        await session.RunAsync("true", new ExecOptions { ExecId = "once" });
        await other.RunAsync("true", new ExecOptions { ExecId = "once" });
        Assert.Equal(1, (await session.GetInfoAsync()).TotalCommands);
    }

    [Fact]
    public async Task A_command_given_to_a_shell_that_has_ended_is_not_counted()
    {
        await using var session = await Host().CreateAsync("x");
        var shell = await session.OpenShellAsync();
        await shell.CloseAsync();
        await Assert.ThrowsAsync<ShellEndedException>(() => shell.RunAsync("true"));
        Assert.Equal(0, (await session.GetInfoAsync()).TotalCommands);
    }

    [Fact]
    public async Task A_long_command_is_cut_in_the_history_only()
    {
        await using var session = await Host().CreateAsync("x");
        var line = "echo " + new string('é', 100_000);
        await session.RunAsync(line);
        Assert.Equal(line, Machine.Living.Single().Commands.Single());
        var entry = (await session.ReadHistoryAsync().ToListAsync())[^1];
        var kept = entry.Context.GetProperty("command").GetString()!;
        Assert.InRange(Encoding.UTF8.GetByteCount(kept), 4090, 4096);
        Assert.StartsWith(kept, line, StringComparison.Ordinal);
        Assert.True(entry.Context.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public async Task A_torn_last_line_is_ended_at_open_and_shown_as_damaged()
    {
        await using (var session = await Host().CreateAsync("x")) await session.RunAsync("true");
        await File.AppendAllTextAsync(Paths("x").History, """{"timestamp":"2026-01-01T00:00""");
        Assert.Equal(HistoryActions.DamagedLine, (await HistoryOf(Host(), "x"))[^1].Action);
        await using (var session = await Host().OpenAsync("x")) await session.RunAsync("false");
        var history = await HistoryOf(Host(), "x");
        Assert.Single(history, entry => entry.Action == HistoryActions.DamagedLine);
        Assert.Equal(2, history.Count(entry => entry.Action == HistoryActions.Command));
        Assert.Equal(2, (await Host().GetAsync("x")).TotalCommands);
        Assert.EndsWith("\n", await File.ReadAllTextAsync(Paths("x").History), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_longer_than_the_buffer_is_read_whole()
    {
        await using var session = await Host().CreateAsync("x");
        using (var log = new HistoryLog(Paths("x").History, TimeProvider.System))
            log.Append("big", json => json.WriteString("text", new string('x', 200_000)));
        await session.RunAsync("true");
        var history = await session.ReadHistoryAsync().ToListAsync();
        Assert.Equal(200_000, history.Single(entry => entry.Action == "big").Context.GetProperty("text").GetString()!.Length);
        Assert.Equal(1, (await session.GetInfoAsync()).TotalCommands);
    }

    [Fact]
    public async Task The_record_begins_with_the_seven_documented_members()
    {
        await using var session = await Host().CreateAsync("x");
        var names = Record("x").EnumerateObject().Select(property => property.Name).Take(7);
        Assert.Equal(["session_id", "box_id", "created_at", "updated_at", "total_commands", "total_files_created", "workspace_path"], names);
        Assert.Equal(session.Sandbox.Id, Record("x").GetProperty("box_id").GetString());
        Assert.Equal(session.WorkspacePath!.Value.Value, Record("x").GetProperty("workspace_path").GetString());
    }

    [Fact]
    public async Task The_first_entry_says_which_session_and_which_room()
    {
        await using var session = await Host().CreateAsync("x");
        var entry = (await session.ReadHistoryAsync().ToListAsync())[0];
        Assert.Equal(HistoryActions.SessionCreated, entry.Action);
        Assert.Equal("x", entry.Context.GetProperty("session_id").GetString());
        Assert.Equal(session.Sandbox.Id, entry.Context.GetProperty("box_id").GetString());
        Assert.Equal(TimeSpan.Zero, entry.Timestamp.Offset);
    }
}
