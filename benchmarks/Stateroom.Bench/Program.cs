using Stateroom.Bench;

if (args is ["--help" or "-h", ..])
{
    Console.WriteLine("""
        Measures Stateroom beside its floors, in one run on one machine; medians of N rounds.

        Usage: ./bench [ROW...] [--rounds N] [--rooms N] [--json]
        Rows:  spawn exec parallel shell throughput agent broker checkpoint idle   (all if none is named)
        --rooms N  live rooms of the row idle; the default is 1000
        """);
    return 0;
}
var json = args.Contains("--json");
var rounds = Number("--rounds", 200);
var rooms = Number("--rooms", 1000);
var rows = args.Where((a, i) => !a.StartsWith('-') && (i == 0 || args[i - 1] is not ("--rounds" or "--rooms"))).ToHashSet();
if (rows.FirstOrDefault(r => r is not ("spawn" or "exec" or "parallel" or "shell" or "throughput" or "agent" or "broker" or "checkpoint" or "idle")) is { } unknown)
{
    Console.Error.WriteLine($"bench: '{unknown}' is no row; see ./bench --help");
    return 2;
}

await using var bench = await BenchRoom.CreateAsync();
var table = new Table(json);
if (rows.Count == 0 || rows.Contains("spawn")) await SpawnRow.MeasureAsync(bench, table, rounds);
if (rows.Count == 0 || rows.Contains("exec")) await ExecRow.MeasureAsync(bench, table, rounds);
if (rows.Count == 0 || rows.Contains("parallel")) await ParallelRow.MeasureAsync(bench, table, Math.Max(5, rounds / 4));
if (rows.Count == 0 || rows.Contains("shell")) await ShellRow.MeasureAsync(bench, table, rounds * 5);
if (rows.Count == 0 || rows.Contains("throughput")) await ThroughputRow.MeasureAsync(bench, table, Math.Max(3, rounds / 40));
if (rows.Count == 0 || rows.Contains("agent")) await AgentRow.MeasureAsync(bench, table, rounds);
if (rows.Count == 0 || rows.Contains("broker")) await BrokerRow.MeasureAsync(table, rounds);
if (rows.Count == 0 || rows.Contains("checkpoint")) await CheckpointRow.MeasureAsync(bench, table, Math.Max(5, rounds / 20));
if (rows.Count == 0 || rows.Contains("idle")) await IdleRow.MeasureAsync(bench, table, rooms, rounds);
table.Print();
return 0;

int Number(string option, int otherwise)
{
    var at = Array.IndexOf(args, option);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var n) && n > 0 ? n : otherwise;
}
