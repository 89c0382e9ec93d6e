using System.Diagnostics;
using System.Globalization;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Conformance;

/// <summary>Ends of processes, where other systems guess. Each comment says what a naive implementation does.</summary>
public class PitfallProcessTests : ShellRoomTest
{
    private int GuestPid => RoomKiller.ReadGuest(new RoomDirectory(Path.Combine(HomeDirectory, "run", Room.Id)))!.Value;

    // One that initialises its result with 0, or takes the end of the stream for the end of the command.
    [Theory, MemberData(nameof(Kinds))]
    public async Task When_the_guest_is_killed_no_exit_code_is_made_up(string kind)
    {
        await using var shell = await Open(kind);
        var room = Room;
        await using var exec = await room.StartAsync(["sh", "-c", "echo begun; sleep 1000"]);
        await using var pieces = exec.ReadOutputAsync().GetAsyncEnumerator();
        Assert.True(await pieces.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        var command = shell.RunAsync("echo begun; sleep 1000");
        await Until(async () => await Sleeping() == "2");
        using (var guest = Process.GetProcessById(GuestPid)) guest.Kill();
        foreach (var result in (ExecResult[])[await exec.WaitAsync().WaitAsync(Patience.Limit), await command.WaitAsync(Patience.Limit), await shell.Ended.WaitAsync(Patience.Limit)])
            Assert.Equal((ExecOutcome.Lost, null, null, false, 125), (result.Outcome, result.ExitCode, result.Signal, result.Success, result.ToShellCode()));
        Assert.Equal(SandboxEndReason.Lost, (await room.Ended.WaitAsync(Patience.Limit)).Reason);
    }

    // One that keeps the number of a process that has ended signals whoever has it now.
    [Fact]
    public async Task Signals_and_cancels_of_an_ended_exec_reach_nobody()
    {
        await using var ended = await Room.StartAsync(["true"]);
        Assert.Equal("exit 0", Describe(await ended.WaitAsync().WaitAsync(Patience.Limit)));
        await using var other = await Room.StartAsync(["sleep", "1000"]);
        await ended.SignalAsync(9);
        await ended.CancelAsync();
        // Answered behind the signal, on the same connection.
        Assert.Equal("alive", await Output($"kill -0 {other.ProcessId} && echo alive"));
        await other.CancelAsync();
        Assert.Equal("Canceled", Describe(await other.WaitAsync().WaitAsync(Patience.Limit)));
        Assert.Equal("exit 0", Describe(await ended.WaitAsync().WaitAsync(Patience.Limit)));
    }

    // The same with the very number: numbers come round after 32,768 or 4,194,304 processes (proc_sys_kernel(5), ns_last_pid makes it now).
    [Fact]
    public async Task A_process_that_got_the_number_of_an_ended_one_is_left_alone()
    {
        Assert.SkipUnless(IsRoot, "Only root may set the last process id of the room's namespace.");
        await using var ended = await Room.StartAsync(["true"]);
        var number = ended.ProcessId!.Value;
        await ended.WaitAsync().WaitAsync(Patience.Limit);
        await using var other = await StartUnderAsync(number);
        Assert.SkipUnless(other.ProcessId == number, "This kernel does not let the last process id of a namespace be set.");
        await ended.SignalAsync(9);
        await ended.CancelAsync();
        Assert.Equal("alive", await Output($"kill -0 {number} && echo alive"));
        await other.CancelAsync();
        Assert.Equal("Canceled", Describe(await other.WaitAsync().WaitAsync(Patience.Limit)));
    }

    private async Task<IExec> StartUnderAsync(int number)
    {
        var start = new ProcessStartInfo("nsenter", ["-t", GuestPid.ToString(CultureInfo.InvariantCulture), "-p", "sh", "-c", $"echo {number - 1} > /proc/sys/kernel/ns_last_pid"]) { RedirectStandardError = true };
        using (var setter = Process.Start(start)!) await setter.WaitForExitAsync().WaitAsync(Patience.Limit);
        return await Room.StartAsync(["sleep", "1000"]);
    }

    // One that waits for its own children only collects the dead; one that waits for any steals its own results.
    [Fact]
    public async Task Ten_thousand_orphans_leave_no_zombie_and_take_no_result()
    {
        var storm = Output("for i in $(seq 100); do sh -c 'i=0; while [ $i -lt 100 ]; do : & i=$((i+1)); done'; done");
        await using var shell = await Open("bash");
        var round = 0;
        while (!storm.IsCompleted || round == 0)
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Room.RunAsync($"exit {i}"))).WaitAsync(Patience.Limit);
            Assert.Equal(Enumerable.Range(0, 10), results.Select(r => r.ExitCode!.Value));
            Assert.Equal("|exit 9", await Show(shell, "/bin/sh -c 'exit 9'"));
            round++;
        }
        await storm.WaitAsync(Patience.Limit);
        await Until(async () => await Output("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l") == "0");
        await StillUsable(shell);
    }
}
