namespace Stateroom.Tests.Conformance;

/// <summary>What runs in a room, and what started it.</summary>
public class ProcessListTests : RoomTest
{
    [Fact]
    public async Task A_child_that_double_forked_into_its_own_session_is_told_with_the_exec_that_started_it()
    {
        var started = await Room.RunAsync("(setsid env -i sh -c 'echo $$ > pid; exec sleep 1000' > /dev/null 2>&1 &); until [ -s pid ]; do sleep 0.01; done; cat pid");
        var pid = int.Parse(started.StdoutText, System.Globalization.CultureInfo.InvariantCulture);
        var process = (await Room.ListProcessesAsync()).Single(p => p.ProcessId == pid);
        Assert.Equal(started.ExecId, process.StartedBy);
        Assert.Equal(("sleep", 1, 'S'), (process.Name, process.ParentId, process.State));
        Assert.Equal(["sleep", "1000"], process.Arguments);
        Assert.InRange(process.ResidentBytes, 4096, 1 << 30);
        Assert.InRange(process.Age, TimeSpan.Zero, Patience.Limit);
        Assert.InRange(process.ProcessorTime, TimeSpan.Zero, Patience.Limit);
    }

    [Fact]
    public async Task Processes_of_a_shell_are_told_with_the_shell_and_the_guest_is_not_among_them()
    {
        await using var shell = await Room.OpenShellAsync();
        var job = (await shell.RunAsync("sleep 1000 & echo $!")).StdoutText.Trim();
        var processes = await Room.ListProcessesAsync();
        Assert.DoesNotContain(processes, p => p.ProcessId <= 1);
        Assert.Equal([shell.Id, shell.Id], processes.Select(p => p.StartedBy));
        Assert.Contains(processes, p => p.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture) == job);
        Assert.Equal(processes.OrderBy(p => p.ProcessId), processes);
    }

    [Fact]
    public async Task A_process_that_took_its_mark_off_has_no_origin()
    {
        await using var exec = await Room.StartAsync(["bash", "-c", "ulimit -S -x unlimited && exec sleep 1000"]);
        using var limit = new CancellationTokenSource(Patience.Limit);
        IReadOnlyList<RoomProcess> processes;
        while ((processes = await Room.ListProcessesAsync(limit.Token)) is not [{ Name: "sleep" }]) await Task.Yield();
        Assert.Null(Assert.Single(processes).StartedBy);
        await exec.SignalAsync(9);
    }

    [Fact]
    public async Task Names_and_arguments_of_any_kind_do_not_break_the_list_and_a_room_full_of_processes_is_told_in_parts()
    {
        await Output("cp /bin/sleep 'a) S 1 (b'; mkdir -p 'x\ty'");
        await using var odd = await Room.StartAsync(["./a) S 1 (b", "1000"]);
        await using var empty = await Room.StartAsync(["sleep", "1000", "", "s"]);
        await using var many = await Room.StartAsync(["sh", "-c", $"for i in $(seq 200); do sh -c 'sleep 1000; :' {new string('x', 6000)} & done; wait"]);
        using var limit = new CancellationTokenSource(Patience.Limit);
        IReadOnlyList<RoomProcess> processes;
        do processes = await Room.ListProcessesAsync(limit.Token);
        while (processes.Count(p => p.Name == "sleep") < 200);
        var named = processes.Single(p => p.ProcessId == odd.ProcessId);
        Assert.Equal("a) S 1 (b", named.Name);
        Assert.Equal(odd.Id, named.StartedBy);
        Assert.Equal("", processes.FirstOrDefault(p => p.ProcessId == empty.ProcessId)?.Arguments[2] ?? "");
        Assert.All(processes.Where(p => p.ParentId == many.ProcessId), p => Assert.Equal(many.Id, p.StartedBy));
        await many.CancelAsync();
    }

    [Fact]
    public async Task A_name_is_known_for_as_long_as_a_process_carries_its_mark()
    {
        var first = await Room.RunAsync("setsid sleep 1000 > /dev/null 2>&1 & echo $!");
        // More execs than the guest remembers names of, so that it has looked for what can be forgotten.
        for (var i = 0; i < 50; i++) await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Room.ExecAsync(["true"]))).WaitAsync(Patience.Limit);
        Assert.Equal(first.ExecId, Assert.Single(await Room.ListProcessesAsync(), p => p.Name == "sleep").StartedBy);
    }

    [Fact]
    public async Task A_room_that_has_ended_is_told_as_lost()
    {
        var room = Room;
        await room.StopAsync();
        await Assert.ThrowsAsync<SandboxLostException>(() => room.ListProcessesAsync());
    }
}
