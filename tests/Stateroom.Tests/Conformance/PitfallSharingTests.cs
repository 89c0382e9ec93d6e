using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>Several users of one room, where other systems mix, lose or hold up. Each comment says what a naive implementation does.</summary>
public class PitfallSharingTests : ShellRoomTest
{
    // One whose jobs inherit the one pipe of the shell finds their output in whatever it reads next.
    [Theory, MemberData(nameof(Kinds))]
    public async Task A_background_jobs_later_output_is_not_in_the_next_result(string kind)
    {
        await using var shell = await Open(kind);
        var late = new TaskCompletionSource<string>();
        shell.OnBackgroundOutput = chunk => late.TrySetResult(Encoding.UTF8.GetString(chunk.Data.Span) + chunk.IsBackground);
        Assert.Equal("now\n|exit 0", await Show(shell, "mkfifo go; (read x < go; echo late) & echo now"));
        Assert.Equal("second\n|exit 0", await Show(shell, "echo second"));
        Assert.Equal("third\n|exit 0", await Show(shell, "echo x > go; echo third"));
        Assert.Equal("late\nTrue", await late.Task.WaitAsync(Patience.Limit));
    }

    // On a terminal the streams are one; what comes while no command runs is still nobody's result.
    [Theory, MemberData(nameof(Kinds))]
    public async Task On_a_terminal_output_between_commands_is_background_output(string kind)
    {
        await using var shell = await Open(kind, "terminal");
        var late = new TaskCompletionSource<string>();
        shell.OnBackgroundOutput = chunk => late.TrySetResult(Encoding.UTF8.GetString(chunk.Data.Span) + chunk.IsBackground);
        Assert.Equal("now\n|exit 0", await Show(shell, "mkfifo go; (read x < go; echo late) & echo now"));
        await Output("echo x > go");
        Assert.Equal("late\r\nTrue", await late.Task.WaitAsync(Patience.Limit));
        Assert.Equal("next\n|exit 0", await Show(shell, "echo next"));
    }

    // One that types both at once gets one answer for two.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Commands_of_concurrent_callers_run_one_after_another(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "n=0");
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Show(shell, $"n=$((n+1)); echo $n; /bin/echo {i}; seq 1 1000; (exit {i})")));
        var numbers = string.Concat(Enumerable.Range(1, 1000).Select(n => $"{n}\n"));
        for (var i = 0; i < results.Length; i++) Assert.EndsWith($"\n{i}\n{numbers}|exit {i}", results[i], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, 50), results.Select(r => int.Parse(r.Split('\n')[0])).Order());
    }

    // One that waits on one thread, or under one lock, for all.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task One_stuck_command_holds_up_only_its_own_shell(string kind, string streams)
    {
        await using var stuck = await Open(kind, streams);
        await using var other = await Open(kind, streams);
        using var giveUp = new CancellationTokenSource();
        var hanging = stuck.RunAsync("echo begun; sleep 1000", new ShellCommandOptions { KillGrace = TimeSpan.Zero }, giveUp.Token);
        var queued = Show(stuck, "echo queued");
        await StillUsable(other);
        Assert.Equal("exec", await Output("echo exec"));
        Assert.False(queued.IsCompleted);
        await giveUp.CancelAsync();
        var canceled = await Assert.ThrowsAsync<ExecCanceledException>(() => hanging.WaitAsync(Patience.Limit));
        Assert.Equal(ExecOutcome.Canceled, canceled.Result.Outcome);
        Assert.Equal("queued\n|exit 0", await queued);
    }

    // One that kills by name, by terminal or by user.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Closing_one_shell_leaves_the_others_and_their_jobs_alone(string kind, string streams)
    {
        await using var one = await Open(kind, streams);
        await using var other = await Open(kind, streams);
        await Run(one, "(setsid sleep 1000 &); sleep 1000 &");
        await Run(other, "x=kept; sleep 1001 & job=$!");
        await using var exec = await Room.StartAsync(["sleep", "1002"]);
        await one.CloseAsync().WaitAsync(Patience.Limit);
        Assert.Equal("2", await Sleeping());
        Assert.Equal("kept\n|exit 0", await Show(other, "kill -0 $job && echo $x"));
        await StillUsable(other);
        await exec.CancelAsync();
        Assert.Equal("Canceled", Describe(await exec.WaitAsync().WaitAsync(Patience.Limit)));
    }

    // One that writes to its client as the command prints stalls with it.
    [Theory, MemberData(nameof(Kinds))]
    public async Task A_reader_that_does_not_read_holds_up_neither_its_command_nor_others(string kind)
    {
        const int Size = 30 << 20;
        await using var shell = await Open(kind);
        await using var unread = await shell.StartAsync($"head -c {Size} /dev/zero; echo end >&2").WaitAsync(Patience.Limit);
        // It ends, and another runs behind it, although not one byte was read.
        Assert.Equal(Size, (await unread.WaitAsync().WaitAsync(Patience.Limit)).StdoutBytes);
        await StillUsable(shell);
        Assert.Equal(Size, (await ReadAll(unread).WaitAsync(Patience.Limit)).Length);
    }

    // One that forwards output and keeps none.
    [Theory, MemberData(nameof(Kinds))]
    public async Task Output_that_came_while_nobody_listened_can_be_read_later(string kind)
    {
        await using var shell = await Open(kind);
        var command = await shell.StartAsync("seq 1 50000; (exit 3)").WaitAsync(Patience.Limit);
        var id = command.Id;
        await command.DisposeAsync();
        await StillUsable(shell);
        await using var later = await Room.AttachAsync(id);
        Assert.Equal(string.Concat(Enumerable.Range(1, 50000).Select(n => $"{n}\n")), await ReadText(later));
        Assert.Equal("exit 3", Describe(await later.WaitAsync().WaitAsync(Patience.Limit)));
    }

    // One that finds a shell again by a process id finds nothing, or another, after a while.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_shell_is_found_again_by_its_id_however_much_ran_in_between(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "x=kept");
        await Output("for i in $(seq 500); do /bin/true; done");
        for (var round = 0; round < 5; round++)
        {
            await using var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = HomeDirectory });
            await using var session = await host.OpenAsync("room");
            await using var again = await session.Sandbox.AttachShellAsync(shell.Id).WaitAsync(Patience.Limit);
            Assert.Equal("kept\n|exit 0", await Show(again, "echo $x"));
        }
        await StillUsable(shell);
    }
}
