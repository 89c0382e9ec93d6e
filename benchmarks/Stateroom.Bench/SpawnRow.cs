using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Bench;

/// <summary>From nothing to the result of the first exec.</summary>
internal static class SpawnRow
{
    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        var runtime = new BubblewrapRuntime(bench.Home, TimeProvider.System);
        var spec = BenchSpec.Of(bench);
        ISandbox? room = null;
        ISession? session = null;
        var medians = await Measure.MediansAsync(
            rounds,
            TimeSpan.FromMilliseconds(10),
            new Timed(Floors.SpawnTrue),
            new Timed(Floors.BareBubblewrap),
            new Timed(async () => room = await runtime.StartAsync(spec()), async () => await EndAsync(runtime, room!)),
            new Timed(async () => await (room = await runtime.StartAsync(spec())).ExecAsync(["/bin/true"]), async () => await EndAsync(runtime, room!)),
            new Timed(async () => await (session = await bench.Stateroom.CreateAsync()).ExecAsync(["/bin/true"]), async () => await session!.DisposeAsync()),
            new Timed(() => RestoreAsync(bench)),
            new Timed(() => Floors.BubblewrapOfARoom(spec(), bench.Home)));
        table.Add("floor: posix_spawn /bin/true", medians[0], "ms");
        table.Add("floor: bare bwrap, all namespaces, /bin/true", medians[1], "ms");
        table.Add("bwrap with a room's mounts and filter, /bin/true", medians[6], "ms", medians[1]);
        table.Add("spawn a room until its guest has answered", medians[2], "ms", medians[1]);
        table.Add("spawn a room to its first exec's result", medians[3], "ms", medians[1], "<= 1.6 x");
        table.Add("create an ephemeral session to its first exec's result", medians[4], "ms", medians[1]);
        table.Add("close, restore, first exec's result", medians[5], "ms", medians[3], "<= spawn + 2 ms");
    }

    private static async Task EndAsync(BubblewrapRuntime runtime, ISandbox room)
    {
        await room.StopAsync();
        await room.DisposeAsync();
        await runtime.KillAsync(room.Id);
    }

    private static async Task RestoreAsync(BenchRoom bench)
    {
        await bench.Session.CloseAsync();
        await bench.Session.RestoreAsync();
        await bench.Session.ExecAsync(["/bin/true"]);
    }
}
