using System.Text;
using Stateroom.Native;

namespace Stateroom.Tests.Conformance;

/// <summary>A log that gives up its oldest part: what is read is right, and what is missing is told to the byte.</summary>
public class LogLimitTests : RoomTest
{
    private const int Limit = 1 << 20;

    protected override SandboxOptions Options => base.Options with { Retention = new RetentionOptions { MaxBytesPerExecution = Limit } };

    [Fact]
    public async Task A_slow_reader_of_a_long_output_is_told_the_exact_gap_and_reads_no_wrong_byte() => await SlowReaderAsync(new NumberedOutput(4_000_000));

    [Fact]
    [Trait("Category", "Stress")]
    public async Task Two_gigabytes_of_output_take_neither_memory_nor_disk() => await SlowReaderAsync(new NumberedOutput(89_000_000), times: 3);

    [Fact]
    public async Task Readers_that_race_with_the_giving_up_get_right_bytes_and_exact_gaps()
    {
        var output = new NumberedOutput(6_000_000);
        await using var exec = await Room.StartAsync(["sh", "-c", output.Command]);
        var random = new Random(1);
        var pauses = Enumerable.Range(0, 8).Select(_ => random.Next(0, 4)).ToArray();
        var readers = pauses.Select((pause, i) => Task.Run(async () =>
        {
            await using var attached = await Room.AttachAsync(exec.Id);
            var pieces = i % 2 == 0 ? Stateroom.ReadRecordedOutputAsync(Session.Id, exec.Id, follow: true) : attached.ReadOutputAsync();
            return await output.ReadAsync(pieces, async _ => { for (var n = 0; n < pause; n++) await Task.Yield(); });
        })).ToList();
        // Readers that begin anew again and again meet the part that is just going.
        var again = Task.Run(async () =>
        {
            var readings = 0;
            for (; !exec.WaitAsync().IsCompleted; readings++)
            {
                long have = 0;
                await foreach (var piece in Session.ReadRecordedOutputAsync(exec.Id))
                {
                    Assert.Equal(have + piece.Missing, piece.Offset);
                    NumberedOutput.Check(piece);
                    have = piece.Offset + piece.Data.Length;
                }
            }
            return readings;
        });
        await Task.WhenAll(readers).WaitAsync(Patience.Limit);
        Assert.True(await again.WaitAsync(Patience.Limit) > 0);
        Assert.True((await exec.WaitAsync()).Success);
    }

    [Fact]
    public async Task A_collected_result_whose_output_went_before_it_was_read_says_so()
    {
        var output = new NumberedOutput(3_000_000);
        using var go = new ManualResetEventSlim();
        var running = Task.Run(() => Room.RunAsync(output.Command + "; touch done", new ExecOptions { MaxOutputBytes = int.MaxValue / 4, OnOutput = _ => go.Wait(Patience.Limit) }));
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!File.Exists(Session.WorkspacePath + "/done")) await Task.Delay(5, limit.Token);
        go.Set();
        var result = await running.WaitAsync(Patience.Limit);
        Assert.True(result.Success);
        Assert.Equal(output.Length, result.StdoutBytes);
        Assert.True(result.IsTruncated);
        Assert.Contains("bytes of the output were given up", result.Error, StringComparison.Ordinal);
        // What it does carry is the beginning, without a gap.
        NumberedOutput.Check(new OutputChunk(OutputStream.Stdout, 0, result.Stdout));
    }

    [Fact]
    public async Task A_shell_that_has_printed_more_than_is_kept_goes_on_and_tells_what_is_missing()
    {
        await using var shell = await Session.OpenShellAsync();
        await shell.RunAsync("echo first");
        var output = new NumberedOutput(300_000);
        for (var i = 0; i < 3; i++) Assert.Equal(output.Length, (await shell.RunAsync(output.Command)).StdoutBytes);
        Assert.Equal("last\n", (await shell.RunAsync("echo last")).StdoutText);

        var pieces = await CopyAsync(Session.ReadRecordedOutputAsync(shell.Id));
        Assert.Equal(6 + (3 * output.Length) + 5, pieces.Sum(p => p.Missing + p.Data.Length));
        Assert.Equal(6 + (3 * output.Length) + 5, pieces[^1].Offset + pieces[^1].Data.Length);
        Assert.Equal("last\n", Encoding.ASCII.GetString(pieces[^1].Data.Span));
        Assert.Equal("last\n", Encoding.ASCII.GetString(Assert.Single(await CopyAsync(Session.ReadRecordedOutputAsync(shell.Id + ".5"))).Data.Span));
        Assert.True(await output.ReadAsync(Session.ReadRecordedOutputAsync(shell.Id + ".4")) > output.Length / 2);
        await Assert.ThrowsAsync<ExecNotFoundException>(() => CopyAsync(Session.ReadRecordedOutputAsync(shell.Id + ".1")));
    }

    [Fact]
    public async Task A_command_longer_than_the_limit_is_taken_whole()
    {
        await using var shell = await Session.OpenShellAsync();
        var result = await shell.RunAsync(": '" + new string('x', 11 << 20) + "'; echo taken");
        Assert.Equal("taken\n", result.StdoutText);
    }

    private async Task SlowReaderAsync(NumberedOutput output, int times = 1)
    {
        for (; times > 0; times--)
        {
            await using var exec = await Room.StartAsync([.. output.Command.Split(' ')]);
            var path = Path.Combine(HomeDirectory, "sessions/room/.stateroom/executions", exec.Id + ".log");
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var first = true;
            var missing = await output.ReadAsync(exec.ReadOutputAsync(), async _ =>
            {
                if (!first) return;
                first = false;
                Assert.True((await exec.WaitAsync().WaitAsync(10 * Patience.Limit)).Success);
                Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
                Assert.InRange(HostFile.TryStat(path)!.Value.BytesOnDisk, 1, 2 * Limit);
            });
            Assert.InRange(missing, output.Length - (4 << 20), output.Length - (Limit / 4));
            Assert.InRange(await output.ReadAsync(Session.ReadRecordedOutputAsync(exec.Id)), output.Length - Limit, output.Length - (Limit / 4));
        }
    }

    private static async Task<List<OutputChunk>> CopyAsync(IAsyncEnumerable<OutputChunk> pieces)
    {
        var copies = new List<OutputChunk>();
        await foreach (var piece in pieces) copies.Add(piece with { Data = piece.Data.ToArray() });
        return copies;
    }
}
