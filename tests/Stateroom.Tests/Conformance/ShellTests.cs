namespace Stateroom.Tests.Conformance;

/// <summary>Fifteen lines of what breaks shells elsewhere, in each of four shells.</summary>
public class ShellTests : RoomTest
{
    public static TheoryData<string> Kinds => ["bash", "dash", "zsh", "ash"];

    private Task<IShell> Open(string kind) => Room.OpenShellAsync(new ShellOptions { Shell = kind }).WaitAsync(Patience.Limit);

    private static async Task<string> Show(IShell shell, string command, TimeSpan? timeout = null)
    {
        var result = await shell.RunAsync(command, new ShellCommandOptions { Timeout = timeout, KillGrace = TimeSpan.FromMilliseconds(100) }).WaitAsync(Patience.Limit);
        return $"{result.StdoutText}|{Describe(result)}";
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task State_lives_on_between_commands(string kind)
    {
        await using var shell = await Open(kind);
        await shell.RunAsync("cd /tmp; export A='two words'; f() { echo \"f $1\"; }; alias hi='echo alias'; umask 077");
        Assert.Equal("/tmp\ntwo words\nf x\nalias\n077|exit 0", (await Show(shell, "pwd; sh -c 'echo $A'; f x; hi; umask")).Replace("0077", "077", StringComparison.Ordinal).Replace("077\n|", "077|", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Output_without_a_final_newline_is_not_held_back(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("no newline|exit 0", await Show(shell, "printf 'no newline'"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Comments_heredocs_and_several_lines_are_taken_as_typed(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("a\n|exit 0", await Show(shell, "echo a # trailing"));
        Assert.Equal("in\nfor 1\nfor 2\n|exit 0", await Show(shell, "cat <<EOF\nin\nEOF\nfor i in 1 2\ndo\n  echo for $i\ndone"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Syntax_errors_and_unmatched_quotes_fail_and_the_shell_goes_on(string kind)
    {
        await using var shell = await Open(kind);
        foreach (var broken in (string[])["if; then", "echo \"open", ")", "echo $("])
        {
            var result = await shell.RunAsync(broken).WaitAsync(Patience.Limit);
            Assert.True(result is { Outcome: ExecOutcome.Exited, ExitCode: > 0, ShellEnded: false }, $"{broken}: {Describe(result)}");
            Assert.NotEqual("", result.StderrText);
        }
        Assert.Equal("alive\n|exit 0", await Show(shell, "echo alive"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Exit_ends_the_shell_and_its_code_is_told_at_once(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("bye\n|exit 5, shell ended", await Show(shell, "echo bye; exit 5"));
        Assert.Equal(5, (await shell.Ended.WaitAsync(Patience.Limit)).ExitCode);
        await Assert.ThrowsAsync<ShellEndedException>(() => shell.RunAsync("echo x"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_failure_under_errexit_ends_the_shell_as_it_would_when_typed(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("|exit 1, shell ended", await Show(shell, "set -e; false; echo not reached"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Exec_replaces_the_shell_and_a_kill_is_told_as_a_signal(string kind)
    {
        await using var replaced = await Open(kind);
        Assert.Equal("new\n|exit 6, shell ended", await Show(replaced, "exec sh -c 'echo new; exit 6'"));
        await using var killed = await Open(kind);
        Assert.Equal("|signal 9, shell ended", await Show(killed, "kill -9 $$"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task The_status_of_a_command_is_the_next_ones_question_mark(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("|exit 3", await Show(shell, "(exit 3)"));
        Assert.Equal("3\n|exit 0", await Show(shell, "echo $?"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_background_job_returns_at_once_and_its_output_is_not_in_the_next_result(string kind)
    {
        await using var shell = await Open(kind);
        var late = new TaskCompletionSource<string>();
        shell.OnBackgroundOutput = chunk => late.TrySetResult(System.Text.Encoding.UTF8.GetString(chunk.Data.Span) + chunk.IsBackground);
        Assert.Equal("now\n|exit 0", await Show(shell, "mkfifo go; (read x < go; echo late) & echo now"));
        Assert.Equal("second\n|exit 0", await Show(shell, "echo second"));
        Assert.Equal("third\n|exit 0", await Show(shell, "echo x > go; echo third"));
        Assert.Equal("late\nTrue", await late.Task.WaitAsync(Patience.Limit));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_timeout_ends_the_command_keeps_its_output_and_leaves_the_shell_with_its_state(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "x=kept; sleep 1000 & job=$!");
        Assert.Equal("partial\n|TimedOut", await Show(shell, "echo partial; sleep 1000", TimeSpan.FromMilliseconds(200)));
        Assert.Equal("kept job\n|exit 0", await Show(shell, "kill -0 $job && echo $x job"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_command_that_ignores_signals_is_killed_at_its_timeout_and_the_shell_goes_on(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "x=kept");
        Assert.Equal("|TimedOut", await Show(shell, "sh -c 'trap \"\" INT TERM; (setsid sleep 1000 &); while :; do sleep 1000; done'", TimeSpan.FromMilliseconds(200)));
        Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
        Assert.Equal("0", await Output("pgrep -c sleep || true"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_timeout_that_comes_with_the_end_of_its_command_does_not_cost_the_shell(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "x=kept");
        // The interrupt may meet the command, its end, or the shell that waits for the next one.
        for (var i = 0; i < 60; i++)
        {
            var result = await shell.RunAsync("/bin/true; :", new ShellCommandOptions { Timeout = TimeSpan.FromMilliseconds(1 + (i % 3)), KillGrace = TimeSpan.FromMilliseconds(20) }).WaitAsync(Patience.Limit);
            Assert.False(result.ShellEnded, $"round {i}: {Describe(result)}");
        }
        Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_command_that_reads_does_not_hang(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("end\n|exit 0", await Show(shell, "cat; read line; echo end"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_command_of_a_megabyte_is_taken_whole(string kind)
    {
        await using var shell = await Open(kind);
        var text = new string('a', 1 << 20);
        Assert.Equal($"{1 << 20}\n|exit 0", await Show(shell, $"x='{text}'; echo ${{#x}}"));
        Assert.Equal("ok\n|exit 0", await Show(shell, "/bin/echo ok"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Options_redefinitions_and_closed_descriptors_do_not_forge_or_lose_a_status(string kind)
    {
        foreach (var trick in (string[])
        [
            "IFS=0123456789", "set -f; set -u; set -x", "PATH=", "exec 0<&-; exec 1>&-; exec 2>&-; exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-",
            "echo() { :; }; read() { :; }; printf() { :; }", "alias echo=false; alias eval=false; alias exit=true", "trap '' INT", "unset PATH HOME",
        ])
        {
            await using var shell = await Open(kind);
            await shell.RunAsync(trick).WaitAsync(Patience.Limit);
            Assert.Equal("|exit 17", await Show(shell, "/bin/sh -c 'exit 17'"));
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_printed_number_newline_or_marker_is_only_output(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("0123:0\n0\n|exit 4", await Show(shell, "printf '0123:0\\n0\\n'; (exit 4)"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Removing_the_shells_control_files_costs_nothing(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "rm -rf /run/*");
        Assert.Equal("still here\n|exit 2", await Show(shell, "echo still here; (exit 2)"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Commands_of_concurrent_callers_run_one_after_another(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "n=0");
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Show(shell, "n=$((n+1)); echo $n")));
        Assert.Equal(Enumerable.Range(1, 50).Select(n => $"{n}\n|exit 0"), results.OrderBy(r => int.Parse(r.Split('\n')[0])));
    }

    [Fact]
    public async Task Sourcing_a_virtual_environment_works_in_the_default_shell()
    {
        await using var shell = await Room.OpenShellAsync();
        Assert.Equal("bash", System.IO.Path.GetFileName(shell.Path));
        Assert.Equal("|exit 0", await Show(shell, "mkdir -p venv/bin; echo 'VIRTUAL_ENV=here' > venv/bin/activate; source venv/bin/activate"));
        Assert.Equal("here\n|exit 0", await Show(shell, "echo $VIRTUAL_ENV"));
    }

    [Fact]
    public async Task Background_jobs_end_with_their_shell_wherever_they_moved()
    {
        var shell = await Open("bash");
        await Show(shell, "(setsid sleep 1234 &); sleep 1235 &");
        await shell.CloseAsync().WaitAsync(Patience.Limit);
        Assert.Equal("0", await Output("pgrep -c sleep || true"));
    }

    [Fact]
    public async Task Closing_one_shell_leaves_the_others_alone()
    {
        await using var one = await Open("bash");
        await using var other = await Open("bash");
        await Show(other, "sleep 1000 & job=$!");
        await one.CloseAsync().WaitAsync(Patience.Limit);
        Assert.Equal("|exit 0", await Show(other, "kill -0 $job"));
    }

    [Fact]
    public async Task A_shell_that_the_room_does_not_have_is_refused()
    {
        var error = await Assert.ThrowsAsync<ExecStartException>(() => Room.OpenShellAsync(new ShellOptions { Shell = "fish" }));
        Assert.Contains("fish", error.Message);
    }
}
