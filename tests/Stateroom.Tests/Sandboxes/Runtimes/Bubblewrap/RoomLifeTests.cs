using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class RoomLifeTests : IAsyncDisposable
{
    private readonly RoomBench _bench = new();

    [Fact]
    public async Task A_room_lives_until_it_is_killed_and_leaves_nothing()
    {
        var spec = _bench.Spec();
        var room = await _bench.LaunchSleeperAsync(spec);
        Assert.True(_bench.Runtime.IsAlive(spec.SandboxId));
        Assert.Null(_bench.Runtime.ReadEnd(spec.SandboxId));
        var guest = RoomKiller.ReadGuest(room.Directory);

        await _bench.Runtime.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);

        Assert.False(_bench.Runtime.IsAlive(spec.SandboxId));
        Assert.False(Directory.Exists(room.Directory.Path));
        // 128 + SIGKILL
        Assert.Equal(137, await room.MonitorEnded.WaitAsync(Patience.Limit));
        Assert.False(Directory.Exists($"/proc/{guest}"));
        await _bench.Runtime.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_kill_returns_when_the_last_process_is_gone()
    {
        var spec = _bench.Spec();
        var room = _bench.LaunchScript("i=0; while [ $i -lt 50 ]; do setsid sleep 1000 & i=$((i+1)); done; wait", spec);
        await _bench.Runtime.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);
        var user = $"Uid:\t{RoomBench.HostUid}\t";
        Assert.SkipWhen(RoomBench.HostUid is null, "processes are told apart by the room's own user");
        await room.MonitorEnded.WaitAsync(Patience.Limit);
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Where(d => char.IsDigit(d[6])), d => Reads($"{d}/status", user) && Reads($"{d}/cmdline", "sleep"));
    }

    [Fact]
    public async Task A_room_can_be_killed_in_any_moment_of_its_start()
    {
        for (var i = 0; i < 20; i++)
        {
            var spec = _bench.Spec();
            var room = _bench.LaunchScript("exec sleep 1000", spec);
            await _bench.Runtime.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);
            Assert.Equal(137, await room.MonitorEnded.WaitAsync(Patience.Limit));
        }
    }

    [Fact]
    public async Task A_dead_room_s_process_number_is_never_killed()
    {
        var spec = _bench.Spec();
        var room = _bench.LaunchScript("exit 3", spec);
        Assert.Equal(3, await room.MonitorEnded.WaitAsync(Patience.Limit));
        // The number has gone to a process of somebody else: to this one.
        await File.WriteAllBytesAsync(room.Directory.Info, System.Text.Encoding.UTF8.GetBytes($"{{\"child-pid\": {Environment.ProcessId}}}"));
        await _bench.Runtime.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);
        Assert.False(Directory.Exists(room.Directory.Path));
    }

    [Fact]
    public async Task Monitors_are_reaped_and_other_children_are_left_to_their_owners()
    {
        using var other = System.Diagnostics.Process.Start("/bin/sh", ["-c", "exit 7"]);
        var rooms = Enumerable.Range(0, 10).Select(i => _bench.LaunchScript($"exit {i}")).ToArray();
        for (var i = 0; i < 10; i++) Assert.Equal(i, await rooms[i].MonitorEnded.WaitAsync(Patience.Limit));
        await other.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal(7, other.ExitCode);
    }

    [Fact]
    public async Task Rooms_start_in_parallel() =>
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Task.Run(() => _bench.RunAsync("id -un")))).WaitAsync(Patience.Limit), r => Assert.Equal("room\n", r.Output));

    [Theory]
    [InlineData("stopped 1700000000123\\n", SandboxEndReason.Stopped)]
    [InlineData("idle 1700000000123\\n", SandboxEndReason.Idle)]
    [InlineData("last-handle 1700000000123\\n", SandboxEndReason.LastHandleGone)]
    [InlineData("stopped 17000", SandboxEndReason.Lost)]
    [InlineData("stopped 99999999999999999\\n", SandboxEndReason.Lost)]
    [InlineData("surprised 1700000000123\\n", SandboxEndReason.Lost)]
    [InlineData("", SandboxEndReason.Lost)]
    public async Task The_end_of_a_room_is_what_its_guest_recorded(string record, SandboxEndReason reason)
    {
        var spec = _bench.Spec();
        await _bench.RunAsync($"printf '{record}' >&5", spec);
        var end = _bench.Runtime.ReadEnd(spec.SandboxId);
        Assert.Equal(reason, end?.End.Reason);
        if (reason != SandboxEndReason.Lost) Assert.Equal(1700000000123, end!.At.ToUnixTimeMilliseconds());
    }

    [Fact]
    public void A_room_that_never_was_is_not_alive_and_has_no_end()
    {
        Assert.False(_bench.Runtime.IsAlive("01NEVER"));
        Assert.Null(_bench.Runtime.ReadEnd("01NEVER"));
        Assert.Throws<ArgumentException>(() => _bench.Runtime.IsAlive("../x"));
        Assert.Throws<ArgumentException>(() => _bench.Runtime.IsAlive("etc-0123"));
    }

    [Fact]
    public async Task A_sandbox_id_is_used_once()
    {
        var spec = _bench.Spec();
        await _bench.RunAsync("exit 0", spec);
        Assert.Contains(spec.SandboxId, Assert.Throws<SandboxStartException>(() => _bench.LaunchScript("exit 0", spec)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_room_s_record_is_there_for_those_who_adopt_it()
    {
        var spec = _bench.Spec();
        var room = await _bench.LaunchSleeperAsync(spec);
        var record = RoomRecord.Read(room.Directory);
        Assert.Equal((spec.SandboxId, (string)spec.Workspace), (record?.SandboxId, record?.Workspace));
        Assert.Equal(room.Report.Enforced, record?.Report.Enforced);
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(room.Directory.Path));
    }

    private static bool Reads(string path, string part)
    {
        try
        {
            return File.ReadAllText(path).Contains(part, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
