namespace Stateroom.Bench;

/// <summary>One-off execs in a room that lives.</summary>
internal static class ExecRow
{
    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        var medians = await Measure.MediansAsync(rounds, Floors.SpawnTrue, () => bench.Room.ExecAsync(["/bin/true"]), () => bench.Room.RunAsync("true"));
        table.Add("exec /bin/true in a live room", medians[1], "ms", medians[0], "<= 1.3 x");
        table.Add("run 'true' in a fresh sh in a live room", medians[2], "ms", medians[0]);
    }
}
