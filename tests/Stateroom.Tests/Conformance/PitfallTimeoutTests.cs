using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>Timeouts, where other systems leave processes, lose output or make up a result. Each comment says what a naive implementation does.</summary>
[Trait("Runs", "once")]
public class PitfallTimeoutTests : ShellRoomTest
{
    private static readonly ExecOptions BriefExec = new() { Timeout = Brief, KillGrace = TimeSpan.FromMilliseconds(100) };

    private async Task NothingRuns() => Assert.Equal("0", await Sleeping());

    // One that kills the process it started leaves these.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Children_end_with_their_leader(string kind, string streams)
    {
        const string Family = "sleep 1000 & (setsid sleep 1001 &); (setsid env -i sh -c 'sleep 1002 & sleep 1003' &); sh -c 'sh -c \"sleep 1004; :\"; :'";
        await using var shell = await Open(kind, streams);
        Assert.EndsWith("|TimedOut", await Show(shell, Family, Brief), StringComparison.Ordinal);
        await NothingRuns();
        await StillUsable(shell);
        Assert.Equal(ExecOutcome.TimedOut, (await Room.RunAsync(Family, BriefExec).WaitAsync(Patience.Limit)).Outcome);
        await NothingRuns();
    }

    // One that interrupts and waits wedges the next command.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_command_that_ignores_signals_is_killed_and_the_shell_goes_on_with_its_state(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "x=kept; sleep 1000 & job=$!");
        Assert.EndsWith("|TimedOut", await Show(shell, "sh -c 'trap \"\" INT TERM HUP; (setsid sleep 1001 &); while :; do sleep 1002; done'", Brief), StringComparison.Ordinal);
        Assert.Equal("kept job\n|exit 0", await Show(shell, "kill -0 $job && echo $x job"));
        Assert.Equal("1", await Sleeping());
    }

    // The same with the shell itself: what it traps or ignores, it inherits to nobody but wedges in its own loop.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_loop_in_a_shell_that_ignores_the_interrupt_ends_at_its_timeout(string kind, string streams)
    {
        foreach (var trap in (string[])["trap '' INT", "trap : INT", "trap '' INT TERM"])
        {
            await using var shell = await Open(kind, streams);
            await Run(shell, trap);
            var result = await Run(shell, "echo begun; while :; do :; done", Brief);
            Assert.Equal((ExecOutcome.TimedOut, (int?)null), (result.Outcome, result.ExitCode));
            Assert.StartsWith("begun", result.StdoutText, StringComparison.Ordinal);
            // The state may be lost with the shell, and then it is said; the truth is not.
            if (result.ShellEnded) await Assert.ThrowsAsync<ShellEndedException>(() => shell.RunAsync("echo x"));
            else await StillUsable(shell);
        }
    }

    // What is stopped sees no signal but SIGKILL: one that only interrupts has to kill the shell.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task What_stops_itself_ends_at_its_timeout_and_the_shell_keeps_its_state(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "x=kept");
        foreach (var command in (string[])["kill -STOP $$; sleep 1000", "sh -c 'kill -STOP $$; sleep 1001'", "sh -c 'kill -STOP $PPID; kill -STOP $$; sleep 1002'"])
            Assert.EndsWith("|TimedOut", await Show(shell, command, Brief), StringComparison.Ordinal);
        Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
        await NothingRuns();
        // With a grace longer than anybody waits: it ends by the signal that asks it to.
        var patient = BriefExec with { KillGrace = TimeSpan.FromHours(1) };
        Assert.Equal(ExecOutcome.TimedOut, (await Room.RunAsync("kill -STOP $$; sleep 1000", patient).WaitAsync(Patience.Limit)).Outcome);
    }

    // A terminal's interrupt ends the loop, not only the sleep in it; one that ends only the sleep has to give up the shell.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_loop_around_a_program_ends_at_its_timeout_and_the_shell_keeps_its_state(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "x=kept");
        Assert.EndsWith("|TimedOut", await Show(shell, "while :; do sleep 1000; done", Brief), StringComparison.Ordinal);
        Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
    }

    // A wrapper that catches the interrupt ends one program of many; one that does not catch it loses the shell.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task An_interrupt_ends_the_whole_command_with_130_and_the_shell_keeps_its_state(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        // What zsh's eval evaluates takes the error by which the trap leaves it for its own.
        const string Spinning = "while :; do :; done";
        using var limit = new CancellationTokenSource(Patience.Limit);
        await Run(shell, "x=kept; once() { while :; do sleep 1000; done; }; often() { while :; do once; done; }");
        foreach (var command in (string[])["sleep 1000", "while :; do sleep 1000; done", Spinning, "once", "often", "while :; do often; done", "(while :; do sleep 1000; done)", "sleep 1000 | cat", kind == "zsh" ? "once" : "eval 'eval once'", "sleep 1000 & wait"])
        {
            await using var exec = await shell.StartAsync($"echo begun; {command}; echo not reached; sleep 1000").WaitAsync(Patience.Limit);
            var output = "";
            try
            {
                await foreach (var piece in exec.ReadOutputAsync().WithCancellation(limit.Token))
                {
                    // A child that has no program yet would lose the signal, as it does at a terminal.
                    if (output.Length == 0 && command != Spinning) await Until(async () => await Sleeping() != "0");
                    if (output.Length == 0) await exec.SignalAsync(2, limit.Token);
                    // Of a hundred interrupts in a loop of builtins alone zsh loses one or two: there one presses Ctrl-C again.
                    if (output.Length == 0 && kind == "zsh" && command == Spinning) _ = PressAgain(exec);
                    output += Encoding.UTF8.GetString(piece.Data.Span);
                }
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"'{command}' goes on after the interrupt.");
            }
            Assert.Equal((command, "begun", "exit 130"), (command, output.TrimEnd(), Describe(await exec.WaitAsync(limit.Token))));
            Assert.Equal("130 kept\n|exit 0", await Show(shell, "echo $? $x"));
        }
    }

    private static async Task PressAgain(IExec exec)
    {
        var end = exec.WaitAsync();
        while (await Task.WhenAny(end, Task.Delay(TimeSpan.FromSeconds(2))) != end) await exec.SignalAsync(2);
    }

    // A list goes on with its next command when one is killed: one that kills once waits for all the others.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Every_command_of_a_list_ends_at_the_timeout(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "x=kept");
        Assert.EndsWith("|TimedOut", await Show(shell, "sleep 1000; sleep 1000; sleep 1000 || sleep 1000; for i in 1 2 3; do sleep 1000; done", Brief), StringComparison.Ordinal);
        Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
        await NothingRuns();
    }

    // One that collects output until the end has none to give.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Partial_output_is_told(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("partial\nno newline|TimedOut", await Show(shell, "echo partial; printf 'no newline'; sleep 1000", Brief));
        var exec = await Room.RunAsync("echo partial; echo error >&2; sleep 1000", BriefExec).WaitAsync(Patience.Limit);
        Assert.Equal(("partial\n", "error\n"), (exec.StdoutText, exec.StderrText));
        await StillUsable(shell);
    }

    // One whose reader is busy with the output never looks at the clock.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_command_that_prints_without_end_ends(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        var result = await Run(shell, "yes", Brief);
        Assert.Equal("TimedOut", Describe(result));
        Assert.StartsWith("y", result.StdoutText, StringComparison.Ordinal);
        await StillUsable(shell);
    }

    // One that tells the code of what it killed, or 0 since nothing failed.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_timeout_is_never_a_success_and_has_no_exit_code(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        foreach (var result in (ExecResult[])
        [
            await Run(shell, "trap 'exit 0' TERM INT; sleep 1000", Brief), await Room.RunAsync("trap 'exit 0' TERM INT; sleep 1000 & wait", BriefExec).WaitAsync(Patience.Limit),
            await Room.ExecAsync(["python3", "-c", "import signal, sys, time\nsignal.signal(15, lambda *_: sys.exit(0))\ntime.sleep(1000)"], BriefExec).WaitAsync(Patience.Limit),
        ])
        {
            Assert.Equal((ExecOutcome.TimedOut, null, false, 124), (result.Outcome, result.ExitCode, result.Success, result.ToShellCode()));
        }
    }

    // One that waits for the streams to be closed waits for a child that holds them.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_background_child_that_holds_the_output_does_not_delay_the_end(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("out\n|exit 3", await Show(shell, "sleep 1000 & echo out; (exit 3)"));
        Assert.Equal("|exit 0", await Show(shell, "(setsid sleep 1000 &)"));
        // The last one is on its way to its execve(2).
        await Until(async () => await Sleeping() == "2");
        await StillUsable(shell);
        await shell.CloseAsync().WaitAsync(Patience.Limit);
        await NothingRuns();
    }
}
