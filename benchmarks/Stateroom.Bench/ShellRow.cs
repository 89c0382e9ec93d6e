namespace Stateroom.Bench;

/// <summary>Commands in a persistent shell.</summary>
internal static class ShellRow
{
    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        using var floor = new PipedShell();
        foreach (var kind in (string[])["bash", "dash"])
        {
            await using var shell = await bench.Room.OpenShellAsync(new ShellOptions { Shell = kind });
            var medians = await Measure.MediansAsync(rounds, () => floor.RunAsync(":"), () => shell.RunAsync(":"), () => floor.RunAsync("/bin/true"), () => shell.RunAsync("/bin/true"));
            table.Add($"{kind}: builtin ':' (floor: bash over a pipe)", medians[1], "ms", medians[0], "<= 0.15 ms");
            table.Add($"{kind}: external /bin/true (floor: bash over a pipe)", medians[3], "ms", medians[2], "<= 1.35 x");
        }
    }
}
