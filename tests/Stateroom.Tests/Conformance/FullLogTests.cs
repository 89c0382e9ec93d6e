namespace Stateroom.Tests.Conformance;

/// <summary>A log that cannot be written any more, as on a full disk: who reads gets the output all the same, and whoever does not is told what is missing.</summary>
public class FullLogTests : ShellRoomTest
{
    private const int MostBytes = 300_000;

    private readonly NumberedOutput _output = new(400_000);

    [Fact]
    public async Task A_reader_gets_all_of_an_output_that_cannot_be_recorded_however_slow_it_is()
    {
        await GuestProcess.LimitFilesAsync(Room, MostBytes);
        await using var exec = await Room.StartAsync(["sh", "-c", _output.Command]);
        var missing = await _output.ReadAsync(exec.ReadOutputAsync(), async _ =>
        {
            for (var i = 0; i < 20; i++) await Task.Yield();
        });
        Assert.Equal(0, missing);
        var result = await exec.WaitAsync().WaitAsync(Patience.Limit);
        Assert.Equal((0, _output.Length), (result.ExitCode, result.StdoutBytes));
        Assert.Contains("Not all output could be kept on disk: EFBIG", result.Error, StringComparison.Ordinal);
        Assert.InRange(await _output.ReadAsync(Session.ReadRecordedOutputAsync(exec.Id)), _output.Length - MostBytes, _output.Length - 1);
    }

    [Fact]
    public async Task Several_readers_and_one_that_goes_away_get_what_they_read()
    {
        await GuestProcess.LimitFilesAsync(Room, MostBytes);
        await using var exec = await Room.StartAsync(["sh", "-c", $"mkfifo go; read x < go; {_output.Command}"]);
        var others = Enumerable.Range(0, 3).Select(async _ =>
        {
            await using var attached = await Room.AttachAsync(exec.Id);
            return await _output.ReadAsync(attached.ReadOutputAsync());
        }).ToList();
        var gone = await Room.AttachAsync(exec.Id);
        var own = _output.ReadAsync(exec.ReadOutputAsync());
        var reading = gone.ReadOutputAsync().GetAsyncEnumerator();
        await Output("until [ -p go ]; do :; done; echo > go");
        Assert.True(await reading.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        await gone.DisposeAsync();
        Assert.Equal(0, await own.WaitAsync(Patience.Limit));
        foreach (var missing in await Task.WhenAll(others).WaitAsync(Patience.Limit)) Assert.Equal(0, missing);
    }

    [Theory]
    [InlineData("pipes")]
    [InlineData("terminal")]
    public async Task A_shell_goes_on_and_its_results_are_whole(string streams)
    {
        await GuestProcess.LimitFilesAsync(Room, MostBytes);
        await using var shell = await Open("bash", streams);
        var large = await Run(shell, "seq 1 400000");
        Assert.Equal(string.Concat(Enumerable.Range(1, 400_000).Select(i => $"{i}\n")) + "|exit 0", Show(large));
        Assert.Contains("kept on disk", large.Error, StringComparison.Ordinal);
        await StillUsable(shell);
        await shell.CloseAsync();
        var record = Assert.Single(await Session.ListExecutionsAsync().Where(info => info.Id == shell.Id).ToListAsync());
        Assert.Contains("kept on disk", record.Result!.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_program_leaves_in_its_pipes_reaches_a_reader_that_begins_late()
    {
        await GuestProcess.LimitFilesAsync(Room, 1);
        await using var exec = await Room.StartAsync(["sh", "-c", "echo out; echo err >&2"]);
        Assert.Equal(0, (await exec.WaitAsync().WaitAsync(Patience.Limit)).ExitCode);
        var pieces = await exec.ReadOutputAsync().Select(p => $"{p.Missing} {System.Text.Encoding.ASCII.GetString(p.Data.Span)}").ToListAsync();
        Assert.Equal(["0 err\n", "0 out\n"], pieces.Order(StringComparer.Ordinal));
    }

    // The guest waits for a reader that stops for as long as 10 s.
    [Fact]
    [Trait("Category", "Stress")]
    public async Task A_reader_that_stops_does_not_hold_up_the_program_for_ever_and_is_told_the_gap()
    {
        await GuestProcess.LimitFilesAsync(Room, MostBytes);
        await using var exec = await Room.StartAsync(["sh", "-c", _output.Command]);
        var first = true;
        var missing = await _output.ReadAsync(exec.ReadOutputAsync(), async _ =>
        {
            if (first) Assert.Equal(0, (await exec.WaitAsync().WaitAsync(Patience.Limit)).ExitCode);
            first = false;
        });
        Assert.InRange(missing, 1, _output.Length - 1);
    }
}
