namespace Stateroom.Tests.Conformance;

/// <summary>Output of 2 GiB: all of it comes, neither side holds more than a part of it, and who reads slowly holds up nobody.</summary>
[CollectionDefinition(nameof(HugeOutputTests), DisableParallelization = true)]
[Collection(nameof(HugeOutputTests))]
[Trait("Category", "Stress")]
public class HugeOutputTests : ShellRoomTest
{
    // More than a signed number of 32 bits counts.
    private const long Size = (2L << 30) + 4097;
    private const int MaxOutput = 1 << 20;
    private const long MostOfTheHost = 192 << 20, MostOfTheGuestKilobytes = 32 << 10;

    // The whole of it is written to disk and read again.
    private static readonly TimeSpan Long = Patience.Limit * 10;

    private static readonly string Command = $"yes | head -c {Size}";

    protected override SandboxOptions Options => base.Options with { Retention = new RetentionOptions { MaxBytesPerExecution = 4L << 30, MaxBytes = 8L << 30 } };

    [Fact]
    public async Task An_exec_prints_2_GiB_to_a_reader_that_keeps_up()
    {
        await using var exec = await Room.StartAsync(["sh", "-c", Command]);
        await ReadAsync(exec).WaitAsync(Long);
        await AssertGuestIsSmallAsync();
    }

    [Fact]
    public async Task A_reader_that_stops_holds_up_neither_2_GiB_of_output_nor_other_readers_and_gets_all_of_it_later()
    {
        await using var exec = await Room.StartAsync(["sh", "-c", Command]);
        await using var other = await Room.AttachAsync(exec.Id);
        var goOn = new TaskCompletionSource();
        var slow = ReadAsync(exec, goOn.Task);
        await ReadAsync(other).WaitAsync(Long);
        Assert.Equal("answered", await Output("echo answered"));
        Assert.False(slow.IsCompleted);
        goOn.SetResult();
        await slow.WaitAsync(Long);
        await AssertGuestIsSmallAsync();
    }

    [Fact]
    public async Task A_result_of_2_GiB_keeps_its_beginning_and_counts_the_rest()
    {
        var before = Environment.WorkingSet;
        var result = await Room.RunAsync(Command, new ExecOptions { MaxOutputBytes = MaxOutput }).WaitAsync(Long);
        Assert.Equal(("exit 0", Size, MaxOutput, true), (Describe(result), result.StdoutBytes, result.Stdout.Length, result.IsTruncated));
        Assert.True(IsRight(result.Stdout.Span, 0));
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, MostOfTheHost);
        await AssertGuestIsSmallAsync();
    }

    [Theory, InlineData("bash"), InlineData("ash")]
    public async Task A_shells_command_prints_2_GiB_and_the_shell_goes_on(string kind)
    {
        await using var shell = await Open(kind);
        await using var neighbour = await Open(kind);
        await using (var command = await shell.StartAsync(Command).WaitAsync(Patience.Limit))
        {
            var reading = ReadAsync(command);
            Assert.Equal("beside\n", (await neighbour.RunAsync("echo beside").WaitAsync(Patience.Limit)).StdoutText);
            await reading.WaitAsync(Long);
        }
        Assert.Equal("on\n", (await shell.RunAsync("echo on").WaitAsync(Patience.Limit)).StdoutText);
        await AssertGuestIsSmallAsync();
    }

    // Reads to the end, after a stop behind the first piece if there is something to wait for.
    private static async Task ReadAsync(IExec exec, Task? goOn = null)
    {
        var before = Environment.WorkingSet;
        long position = 0, most = 0;
        await foreach (var chunk in exec.ReadOutputAsync())
        {
            Assert.Equal((OutputStream.Stdout, position, 0L), (chunk.Stream, chunk.Offset, chunk.Missing));
            Assert.True(IsRight(chunk.Data.Span, position), $"Behind byte {position} there is something else than 'y' and newline in turn.");
            if (position == 0 && goOn is not null) await goOn;
            position += chunk.Data.Length;
            most = Math.Max(most, Environment.WorkingSet - before);
        }
        Assert.Equal((Size, "exit 0"), (position, Describe(await exec.WaitAsync().WaitAsync(Patience.Limit))));
        Assert.InRange(most, 0, MostOfTheHost);
    }

    // The most that it ever held, not what it holds now.
    private async Task AssertGuestIsSmallAsync() => Assert.InRange(long.Parse(await Output("awk '/VmHWM/ {print $2}' /proc/1/status")), 1, MostOfTheGuestKilobytes);

    private static bool IsRight(ReadOnlySpan<byte> data, long position)
    {
        var odd = (int)(position & 1);
        if (data.Length > 0 && data[0] != "y\n"u8[odd]) return false;
        if (data.Length > 1 && data[1] != "y\n"u8[1 - odd]) return false;
        // Equal to itself two bytes on means in turn to the end.
        return data.Length <= 2 || data[2..].SequenceEqual(data[..^2]);
    }
}
