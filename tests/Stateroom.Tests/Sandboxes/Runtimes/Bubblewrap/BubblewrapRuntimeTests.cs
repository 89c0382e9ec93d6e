using Stateroom.Native;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Rooms with their real guest.</summary>
public sealed class BubblewrapRuntimeTests : IAsyncDisposable
{
    private readonly RoomBench _bench = new();

    [Fact]
    public async Task A_room_starts_runs_a_line_and_stops()
    {
        var spec = _bench.Spec();
        await using var room = await StartAsync(spec);
        var result = await room.RunAsync("id -un; pwd; ulimit -n; awk '/Max processes/ { print $3 }' /proc/self/limits").WaitAsync(Patience.Limit);
        Assert.Equal("room\n/workspace\n1024\n4096\n", result.StdoutText + result.StderrText);
        Assert.Equal("bubblewrap", room.Runtime);
        Assert.NotEmpty(room.Report.Enforced);

        await room.StopAsync().WaitAsync(Patience.Limit);

        Assert.Equal(SandboxEndReason.Stopped, (await room.Ended.WaitAsync(Patience.Limit)).Reason);
        Assert.Equal(SandboxEndReason.Stopped, await EndOf(spec));
    }

    [Fact]
    public async Task A_living_room_is_adopted_by_another_runtime_object()
    {
        var spec = _bench.Spec() with { KeepRunning = true };
        await using (var first = await StartAsync(spec)) await first.RunAsync("echo kept > /tmp/x").WaitAsync(Patience.Limit);
        var other = new BubblewrapRuntime(_bench.Home, TimeProvider.System);
        await using var adopted = await other.AdoptAsync(spec).WaitAsync(Patience.Limit);
        Assert.Equal("kept\n", (await adopted!.RunAsync("cat /tmp/x").WaitAsync(Patience.Limit)).StdoutText);
        await other.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);
        Assert.Equal(SandboxEndReason.Lost, (await adopted.Ended.WaitAsync(Patience.Limit)).Reason);
        Assert.Null(await other.AdoptAsync(spec).WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_room_that_nobody_keeps_ends_with_its_last_handle()
    {
        var spec = _bench.Spec();
        var room = await StartAsync(spec);
        await room.DisposeAsync();
        Assert.Equal(SandboxEndReason.LastHandleGone, await EndOf(spec));
    }

    [Fact]
    public async Task A_start_that_fails_says_why_and_leaves_nothing()
    {
        Assert.SkipWhen(RoomBench.HostUid is null, "only root's rooms have another user");
        File.SetUnixFileMode(_bench.Root, (UnixFileMode)0b111_000_000);
        var error = await Assert.ThrowsAsync<SandboxStartException>(() => StartAsync(_bench.Spec()));
        Assert.Contains("cannot reach", error.Message, StringComparison.Ordinal);
        Assert.Contains("chmod o+x", error.Message, StringComparison.Ordinal);
        Assert.Empty(_bench.Run.Rooms());
    }

    [Fact]
    public async Task A_canceled_start_leaves_nothing()
    {
        for (var i = 0; i < 10; i++)
        {
            using var cancel = new CancellationTokenSource();
            var spec = _bench.Spec();
            var start = _bench.Runtime.StartAsync(spec, cancel.Token);
            await cancel.CancelAsync();
            // It may have been quicker.
            if (await Record.ExceptionAsync(() => start.WaitAsync(Patience.Limit)) is { } error) Assert.IsAssignableFrom<OperationCanceledException>(error);
            else await _bench.Runtime.KillAsync(spec.SandboxId).WaitAsync(Patience.Limit);
            Assert.Empty(_bench.Run.Rooms());
        }
    }

    [Fact]
    public async Task Nothing_in_a_room_can_look_into_its_guest()
    {
        await using var room = await StartAsync(_bench.Spec());
        var result = await room.RunAsync("ls /proc/1/fd; cat /proc/1/environ; kill -9 1; prlimit --pid 1 --fsize=0; echo on").WaitAsync(Patience.Limit);
        Assert.Equal("on\n", result.StdoutText);
        Assert.Equal("on\n", (await room.RunAsync("echo on").WaitAsync(Patience.Limit)).StdoutText);
    }

    private Task<ISandbox> StartAsync(SandboxSpec spec) => _bench.Runtime.StartAsync(spec).WaitAsync(Patience.Limit);

    // The lock is freed a moment after the connection.
    private async Task<SandboxEndReason?> EndOf(SandboxSpec spec)
    {
        await Task.Run(() => HeldLock.Take(_bench.Run.Room(spec.SandboxId).Alive, Libc.LOCK_SH)?.Dispose()).WaitAsync(Patience.Limit);
        return _bench.Runtime.ReadEnd(spec.SandboxId)?.End.Reason;
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
