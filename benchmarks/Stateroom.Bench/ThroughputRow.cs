using System.Diagnostics;

namespace Stateroom.Bench;

/// <summary>Output of one exec, kept on disk as well, beside a pipe that is only read.</summary>
internal static class ThroughputRow
{
    private const long Size = 1L << 30;

    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        var options = new ExecOptions { MaxOutputBytes = 1 << 20 };
        var ours = new List<double>();
        var floors = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            floors.Add(await TimeAsync(ReadPipe));
            ours.Add(await TimeAsync(async () =>
            {
                var result = await bench.Room.ExecAsync(["head", "-c", $"{Size}", "/dev/zero"], options with { ExecId = $"throughput-{round}" });
                if (result.StdoutBytes != Size) throw new InvalidOperationException($"{result.StdoutBytes} bytes came instead of {Size}.");
            }));
            File.Delete(Path.Combine(Path.GetDirectoryName(bench.Session.WorkspacePath!.Value)!, ".stateroom", "executions", $"throughput-{round}.log"));
        }
        const double GiB = Size / (double)(1L << 30);
        table.Add("throughput of one exec, kept on disk (floor: a pipe)", GiB / Measure.Median(ours), "GiB/s", GiB / Measure.Median(floors), ">= 0.4 x");
    }

    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Task ReadPipe()
    {
        using var head = Process.Start(new ProcessStartInfo("head", $"-c {Size} /dev/zero") { RedirectStandardOutput = true })!;
        var buffer = new byte[256 << 10];
        var stream = head.StandardOutput.BaseStream;
        while (stream.Read(buffer) > 0) { }
        head.WaitForExit();
        return Task.CompletedTask;
    }
}
