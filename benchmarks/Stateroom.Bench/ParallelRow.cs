namespace Stateroom.Bench;

/// <summary>Many execs at once in one room.</summary>
internal static class ParallelRow
{
    private const int AtOnce = 100;

    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        var medians = await Measure.MediansAsync(rounds, () => Floors.SpawnTrueAtOnce(AtOnce), () => ExecsAsync(bench.Room));
        table.Add($"{AtOnce} execs of /bin/true at once in one room, all", medians[1], "ms", medians[0]);
        table.Add($"{AtOnce} execs of /bin/true at once in one room, each", medians[1] / AtOnce, "ms", medians[0] / AtOnce);
    }

    private static async Task ExecsAsync(ISandbox room)
    {
        var results = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => room.ExecAsync(["/bin/true"])));
        if (results.FirstOrDefault(r => !r.Success) is { } failed) throw new InvalidOperationException($"/bin/true ended with {failed.Outcome} {failed.ExitCode}: {failed.Error}");
    }
}
