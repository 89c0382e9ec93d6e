using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Bench;

/// <summary>From nothing to the result of the first exec.</summary>
internal static class SpawnRow
{
    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        var runtime = new BubblewrapRuntime(bench.Home, TimeProvider.System);
        var spec = BenchSpec.Of(bench);
        double[] medians = await Measure.MediansAsync(rounds, Floors.SpawnTrue, Floors.BareBubblewrap, async () => await SpawnAsync(runtime, spec()), async () => await CreateAsync(bench), async () => await RestoreAsync(bench));
        table.Add("floor: posix_spawn /bin/true", medians[0], "ms");
        table.Add("floor: bare bwrap, all namespaces, /bin/true", medians[1], "ms");
        table.Add("spawn a room to its first exec's result, and end it", medians[2], "ms", medians[1], "<= 1.6 x");
        table.Add("create an ephemeral session, exec, remove it", medians[3], "ms", medians[1]);
        table.Add("close, restore, first exec's result", medians[4], "ms", medians[2], "<= spawn + 2 ms");
    }

    private static async Task SpawnAsync(BubblewrapRuntime runtime, SandboxSpec spec)
    {
        await using var room = await runtime.StartAsync(spec);
        await room.ExecAsync(["/bin/true"]);
    }

    private static async Task CreateAsync(BenchRoom bench)
    {
        await using var session = await bench.Stateroom.CreateAsync();
        await session.ExecAsync(["/bin/true"]);
    }

    private static async Task RestoreAsync(BenchRoom bench)
    {
        await bench.Session.CloseAsync();
        await bench.Session.RestoreAsync();
        await bench.Session.ExecAsync(["/bin/true"]);
    }
}
