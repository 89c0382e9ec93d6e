using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class SweepTests : IAsyncDisposable
{
    private readonly RoomBench _bench = new();

    [Fact]
    public async Task A_sweep_removes_the_dead_ends_the_ownerless_and_spares_the_rest()
    {
        SandboxSpec dead = _bench.Spec(), owned = _bench.Spec(), ownerless = _bench.Spec();
        await _bench.RunAsync("exit 0", dead);
        await _bench.LaunchSleeperAsync(owned);
        await _bench.LaunchSleeperAsync(ownerless);

        var done = await _bench.Runtime.SweepAsync(id => id == owned.SandboxId).WaitAsync(Patience.Limit);

        Assert.Equal(2, done.Count);
        Assert.Contains(done, d => d.Contains(dead.SandboxId, StringComparison.Ordinal));
        Assert.Contains(done, d => d.Contains(ownerless.SandboxId, StringComparison.Ordinal));
        Assert.True(_bench.Runtime.IsAlive(owned.SandboxId));
        Assert.Equal([_bench.Run.Room(owned.SandboxId)], _bench.Run.Rooms());
    }

    [Fact]
    public async Task A_sweep_keeps_the_etc_of_living_rooms_and_the_newest()
    {
        var owned = _bench.Spec();
        var room = await _bench.LaunchSleeperAsync(owned);
        const string used = "etc-0123456789abcdef";
        var newest = Path.GetFileName(new EtcDirectory(_bench.Run, TimeProvider.System).Current);
        var record = RoomRecord.Read(room.Directory)!;
        File.Delete(room.Directory.Record);
        (record with { Etc = used }).Write(room.Directory);
        foreach (var name in (string[])[used, newest, "etc-fedcba9876543210", ".etc-unfinished"]) Directory.CreateDirectory(Path.Combine(_bench.Run.Path, name));

        await _bench.Runtime.SweepAsync(_ => true).WaitAsync(Patience.Limit);

        Assert.Equal(
            new[] { used, newest, owned.SandboxId }.Order(StringComparer.Ordinal),
            Directory.EnumerateDirectories(_bench.Run.Path).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_room_that_is_just_being_made_is_not_swept()
    {
        var room = _bench.Run.Room(SessionId.New());
        Task sweep;
        using (_bench.Run.Lock(exclusive: false))
        {
            // The moment between the directory and its lock.
            Directory.CreateDirectory(room.Path);
            sweep = Task.Run(() => _bench.Runtime.SweepAsync(_ => true));
            using var descriptors = new RoomDescriptors(room);
            Assert.True(room.IsAlive());
            Assert.True(Directory.Exists(room.Path));
        }
        await sweep.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task A_host_without_rooms_is_swept_too() => Assert.Empty(await _bench.Runtime.SweepAsync(_ => false).WaitAsync(Patience.Limit));

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
