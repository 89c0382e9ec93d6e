using Stateroom.Bench;

if (args is ["--help" or "-h", ..])
{
    Console.WriteLine("""
        Measures Stateroom beside its floors, in one run on one machine; medians of N rounds.

        Usage: ./bench [ROW...] [--rounds N] [--json]
        Rows:  spawn exec shell throughput   (all if none is named)
        """);
    return 0;
}
var json = args.Contains("--json");
var roundsAt = Array.IndexOf(args, "--rounds");
var rounds = roundsAt >= 0 && roundsAt + 1 < args.Length && int.TryParse(args[roundsAt + 1], out var n) && n > 0 ? n : 200;
var rows = args.Where((a, i) => !a.StartsWith('-') && (roundsAt < 0 || i != roundsAt + 1)).ToHashSet();
if (rows.FirstOrDefault(r => r is not ("spawn" or "exec" or "shell" or "throughput")) is { } unknown)
{
    Console.Error.WriteLine($"bench: '{unknown}' is no row; see ./bench --help");
    return 2;
}

await using var bench = await BenchRoom.CreateAsync();
var table = new Table(json);
if (rows.Count == 0 || rows.Contains("spawn")) await SpawnRow.MeasureAsync(bench, table, rounds);
if (rows.Count == 0 || rows.Contains("exec")) await ExecRow.MeasureAsync(bench, table, rounds);
if (rows.Count == 0 || rows.Contains("shell")) await ShellRow.MeasureAsync(bench, table, rounds * 5);
if (rows.Count == 0 || rows.Contains("throughput")) await ThroughputRow.MeasureAsync(bench, table, Math.Max(3, rounds / 40));
table.Print();
return 0;
