using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>Output by offset: the same bytes for whoever reads, whenever and from wherever.</summary>
public class DurableOutputTests : RoomTest
{
    private readonly Random _random = new(20_261_121);

    [Fact]
    public async Task Output_from_any_offset_is_the_rest_of_the_output_live_and_from_disk()
    {
        var data = new byte[200_000];
        _random.NextBytes(data);
        await File.WriteAllBytesAsync(Session.WorkspacePath + "/data", data);
        await using var exec = await Room.StartAsync(["sh", "-c", "mkfifo /tmp/go; echo made > made; cat data; cat data >&2; read x < /tmp/go; cat data; cat data >&2"]);
        byte[] whole = [.. data, .. data];

        // Half of them wait behind the end of what there is so far.
        var live = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => await ReadAsync(await Room.AttachAsync(exec.Id), RandomOffsets(), started: true)));
        await Output("until [ -e made ]; do sleep 0.01; done; echo > /tmp/go");
        foreach (var (from, reading) in live) Check(whole, from, await reading.WaitAsync(Patience.Limit));
        Assert.True((await exec.WaitAsync().WaitAsync(Patience.Limit)).Success);

        for (var i = 0; i < 20; i++)
        {
            var (from, reading) = await ReadAsync(await Room.AttachAsync(exec.Id), RandomOffsets(), started: false);
            Check(whole, from, await reading.WaitAsync(Patience.Limit));
            Check(whole, from, await CollectAsync(Session.ReadRecordedOutputAsync(exec.Id, from)));
        }

        OutputOffsets RandomOffsets() => new(_random.Next((2 * data.Length) + 1), _random.Next((2 * data.Length) + 1));
    }

    [Fact]
    public async Task An_offset_behind_the_end_gives_nothing_and_a_negative_one_is_refused()
    {
        var result = await Room.RunAsync("echo hello");
        Assert.Empty(await Session.ReadRecordedOutputAsync(result.ExecId, new OutputOffsets(1000, 1000)).ToListAsync());
        await using var exec = await Room.AttachAsync(result.ExecId);
        Assert.Throws<ArgumentOutOfRangeException>(() => exec.ReadOutputAsync(new OutputOffsets(-1, 0)));
        Assert.Empty(await exec.ReadOutputAsync(new OutputOffsets(6, 0)).ToListAsync());
    }

    [Fact]
    public async Task A_follower_of_the_record_gets_each_byte_once_without_opening_the_session()
    {
        await using var exec = await Room.StartAsync(["sh", "-c", "mkfifo /tmp/go; echo made > made; echo begun; read x < /tmp/go; seq 1 20000"]);
        await using var other = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = HomeDirectory });
        var following = CollectAsync(other.ReadRecordedOutputAsync(Session.Id, exec.Id, follow: true));
        await Output("until [ -e made ]; do sleep 0.01; done; echo > /tmp/go");
        var (stdout, _) = await following.WaitAsync(Patience.Limit);
        Assert.Equal("begun\n" + string.Concat(Enumerable.Range(1, 20000).Select(i => $"{i}\n")), Encoding.ASCII.GetString(stdout));
    }

    [Fact]
    public async Task The_output_of_a_shell_and_of_each_of_its_commands_can_be_read_again()
    {
        await using var shell = await Session.OpenShellAsync();
        await shell.RunAsync("echo one; echo uno >&2");
        await shell.RunAsync("mkfifo fifo; (read x < fifo; echo late) & echo two");
        await shell.RunAsync("echo three");
        Assert.Equal("one\n|uno\n", await TextAsync(shell.Id + ".1"));
        Assert.Equal("three\n|", await TextAsync(shell.Id + ".3"));
        Assert.StartsWith("one\ntwo\nthree\n|uno\n", await TextAsync(shell.Id), StringComparison.Ordinal);
        Assert.Equal("two\nthree\n|", await TextAsync(shell.Id, new OutputOffsets(4, 4)));
        await Assert.ThrowsAsync<ExecNotFoundException>(() => TextAsync(shell.Id + ".4"));
        await Assert.ThrowsAsync<ExecNotFoundException>(() => TextAsync(shell.Id + ".0"));
        await Assert.ThrowsAsync<ExecNotFoundException>(() => TextAsync("../" + shell.Id));
        await Assert.ThrowsAsync<ExecNotFoundException>(() => TextAsync("none"));
    }

    private async Task<string> TextAsync(string id, OutputOffsets from = default)
    {
        var (stdout, stderr) = await CollectAsync(Session.ReadRecordedOutputAsync(id, from));
        return $"{Encoding.UTF8.GetString(stdout)}|{Encoding.UTF8.GetString(stderr)}";
    }

    private static void Check(byte[] whole, OutputOffsets from, (byte[] Stdout, byte[] Stderr) read)
    {
        Assert.True(whole.AsSpan((int)from.Stdout).SequenceEqual(read.Stdout), $"stdout from {from.Stdout}: {read.Stdout.Length} bytes");
        Assert.True(whole.AsSpan((int)from.Stderr).SequenceEqual(read.Stderr), $"stderr from {from.Stderr}: {read.Stderr.Length} bytes");
    }

    private static async Task<(OutputOffsets From, Task<(byte[] Stdout, byte[] Stderr)> Reading)> ReadAsync(IExec exec, OutputOffsets from, bool started)
    {
        Assert.Equal(started, exec.ProcessId is not null);
        var reading = CollectAsync(exec.ReadOutputAsync(from));
        await Task.Yield();
        return (from, reading);
    }

    /// <summary>All that is read; the offsets of the pieces must follow one another.</summary>
    internal static async Task<(byte[] Stdout, byte[] Stderr)> CollectAsync(IAsyncEnumerable<OutputChunk> pieces)
    {
        using var stdout = new MemoryStream();
        using var stderr = new MemoryStream();
        long? firstOut = null, firstErr = null;
        await foreach (var piece in pieces)
        {
            Assert.Equal(0, piece.Missing);
            var isOut = piece.Stream == OutputStream.Stdout;
            var target = isOut ? stdout : stderr;
            var first = isOut ? firstOut ??= piece.Offset : firstErr ??= piece.Offset;
            Assert.Equal(first + target.Length, piece.Offset);
            target.Write(piece.Data.Span);
        }
        return (stdout.ToArray(), stderr.ToArray());
    }
}
