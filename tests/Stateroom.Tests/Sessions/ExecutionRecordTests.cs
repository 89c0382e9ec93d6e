using System.Diagnostics;
using System.Text;
using Stateroom.Execution;
using Stateroom.Tests.Conformance;

namespace Stateroom.Tests.Sessions;

/// <summary>What stays on record of execs and shells, and for how long.</summary>
public sealed class ExecutionRecordTests : IAsyncDisposable
{
    private readonly TempHome _home = new();
    private readonly List<IStateroom> _hosts = [];

    private string Executions => _home.Path + "/sessions/x/.stateroom/executions";

    [Fact]
    public async Task Execs_and_shells_are_listed_newest_first_with_their_ends_on_open_and_closed_sessions()
    {
        await using var session = await Host().CreateAsync("x");
        var ok = await session.ExecAsync(["sh", "-c", "echo out"]);
        var missing = await session.ExecAsync(["nothing-of-that-name"]);
        await using (var shell = await session.OpenShellAsync(new ShellOptions { Shell = "sh" })) await shell.RunAsync("echo said; echo so >&2");
        var running = await session.StartAsync(["sleep", "1000"]);

        var list = await session.ListExecutionsAsync().ToListAsync();
        Assert.Equal([true, false, false, false], list.Select(e => e.IsRunning));
        Assert.Equal([false, true, false, false], list.Select(e => e.IsShell));
        Assert.Equal([running.Id, list[1].Id, missing.ExecId, ok.ExecId], list.Select(e => e.Id));
        Assert.Null(list[0].Result);
        Assert.Equal(["sh"], list[1].Arguments);
        Assert.Equal((ExecOutcome.NotStarted, true), (list[2].Result!.Outcome, list[2].Result!.NotFound));
        Assert.Equal((ExecOutcome.Exited, 0, 4), (list[3].Result!.Outcome, list[3].Result!.ExitCode, list[3].Result!.StdoutBytes));
        Assert.All(list, e => Assert.InRange(e.BytesOnDisk, 1, 1 << 20));
        Assert.Equal([0, 8, 0, 4], list.Select(e => e.OutputBytes));
        Assert.All(list, e => Assert.False(e.HasTerminal));

        await session.CloseAsync();
        list = await session.ListExecutionsAsync().ToListAsync();
        Assert.Equal(ExecOutcome.Lost, list[0].Result!.Outcome);
        Assert.DoesNotContain(list, e => e.IsRunning);
        Assert.Equal(list.Select(e => e.Id), (await Host().ListExecutionsAsync("x").ToListAsync()).Select(e => e.Id));
        Assert.Equal("out\n", await TextAsync(session.ReadRecordedOutputAsync(ok.ExecId)));
        Assert.Equal(SessionState.Closed, (await session.GetInfoAsync()).State);
    }

    [Fact]
    public async Task An_exec_whose_room_was_killed_is_lost_also_when_another_room_lives()
    {
        await using var session = await Host().CreateAsync("x");
        var exec = await session.StartAsync(["sh", "-c", "echo begun; sleep 1000"]);
        await using (var reading = exec.ReadOutputAsync().GetAsyncEnumerator()) Assert.True(await reading.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        await session.CloseAsync();
        await session.RestoreAsync();
        var info = await session.ListExecutionsAsync().SingleAsync();
        Assert.Equal((exec.Id, false, ExecOutcome.Lost), (info.Id, info.IsRunning, info.Result!.Outcome));
        Assert.Equal("begun\n", await TextAsync(Host().ReadRecordedOutputAsync("x", exec.Id, follow: true)));
    }

    [Fact]
    public async Task Torn_and_foreign_files_break_neither_the_listing_nor_the_reading()
    {
        await using var session = await Host().CreateAsync("x");
        var id = (await session.RunAsync("for i in 1 2 3 4 5; do echo $i; sleep 0.01; done")).ExecId;
        // The guest tells an end before it lets go of the log, and .NET respects its lock; an answer to a ping comes after both.
        await session.Sandbox.PingAsync();
        var whole = await File.ReadAllBytesAsync($"{Executions}/{id}.log");
        for (var cut = 0; cut < whole.Length; cut += 7) await File.WriteAllBytesAsync($"{Executions}/torn-{cut}.log", whole[..cut]);
        var random = new Random(7);
        for (var i = 0; i < 100; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync($"{Executions}/damaged-{i}.log", damaged);
        }
        await File.WriteAllBytesAsync(Executions + "/zeros.log", new byte[10_000]);
        await File.WriteAllBytesAsync(Executions + "/a b.log", whole);
        await File.WriteAllBytesAsync(Executions + "/notes.txt", whole);
        File.CreateSymbolicLink(Executions + "/link.log", "/etc/passwd");
        Directory.CreateDirectory(Executions + "/directory.log");
        using (var fifo = Process.Start("mkfifo", [Executions + "/fifo.log"])) await fifo.WaitForExitAsync().WaitAsync(Patience.Limit);

        var list = await session.ListExecutionsAsync().ToListAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Contains(list, e => e.Id == id && e.Result!.Success);
        Assert.DoesNotContain(list, e => e.Id is "zeros" or "link" or "directory" or "fifo" or "notes");
        Assert.DoesNotContain(list, e => e.Id.StartsWith("torn-", StringComparison.Ordinal) && e.Result is { Outcome: not (ExecOutcome.Lost or ExecOutcome.Exited) });
        foreach (var info in list)
            Assert.InRange((await TextAsync(session.ReadRecordedOutputAsync(info.Id)).WaitAsync(Patience.Limit)).Length, 0, whole.Length);
        // What is not ours stays as it is, whatever the bounds are.
        new ExecutionRetention(Executions, new RetentionOptions { MaxCount = 1, MaxBytes = 1, MaxAge = TimeSpan.Zero }, new ShiftedTime(TimeSpan.FromDays(1))).Apply(CancellationToken.None);
        Assert.Equal(["a b.log", "directory.log", "fifo.log", "link.log", "notes.txt", "zeros.log"],
            new DirectoryInfo(Executions).EnumerateFileSystemInfos().Select(e => e.Name).Where(n => n is not (".retention" or "torn-0.log" or "torn-7.log" or "torn-14.log" or "torn-21.log") && !IsTornRequest(n, whole)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_ended_executions_only_the_newest_stay_on_record_and_running_ones_always()
    {
        var options = new SessionOptions { Sandbox = new SandboxOptions { Retention = new RetentionOptions { MaxCount = 3 } } };
        await using var session = await Host().CreateAsync("x", options);
        var running = await session.StartAsync(["sleep", "1000"]);
        var ids = new List<string>();
        for (var i = 0; i < 8; i++) ids.Add((await session.RunAsync("echo " + i)).ExecId);
        await session.Sandbox.PingAsync();
        new ExecutionRetention(Executions, options.Sandbox.Retention, TimeProvider.System).Apply(CancellationToken.None);
        Assert.Equal([ids[7], ids[6], ids[5], running.Id], (await session.ListExecutionsAsync().ToListAsync()).Select(e => e.Id));
        Assert.Null(await RunningEndAsync(session, running.Id));
        await Assert.ThrowsAsync<ExecNotFoundException>(() => TextAsync(session.ReadRecordedOutputAsync(ids[0])));
        // Its record is gone, and with it the key.
        Assert.Equal("again\n", (await session.RunAsync("echo again", new ExecOptions { ExecId = ids[0] })).StdoutText);
        await session.CloseAsync();
        Assert.Equal(3, await session.ListExecutionsAsync().CountAsync());
    }

    [Fact]
    public async Task Records_go_when_their_time_is_over()
    {
        string id;
        await using (var session = await Host().CreateAsync("x"))
        {
            id = (await session.RunAsync("echo old")).ExecId;
            await session.CloseAsync();
            Assert.Equal(id, (await session.ListExecutionsAsync().SingleAsync()).Id);
        }
        var options = new StateroomLocalOptions { HomeDirectory = _home.Path, TimeProvider = new ShiftedTime(TimeSpan.FromDays(31)) };
        await using var later = StateroomHost.Local(options);
        await later.CloseAsync("x");
        Assert.Empty(await later.ListExecutionsAsync("x").ToListAsync());
    }

    [Fact]
    public async Task When_there_is_too_much_output_the_oldest_goes_and_its_record_stays()
    {
        var options = new SessionOptions { Sandbox = new SandboxOptions { Retention = new RetentionOptions { MaxBytes = 3 << 20 } } };
        await using var session = await Host().CreateAsync("x", options);
        var output = new NumberedOutput(200_000);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++) ids.Add((await session.RunAsync(output.Command + (i == 0 ? "; echo err >&2; exit 3" : ""))).ExecId);
        await using (var shell = await session.OpenShellAsync()) ids.Add(shell.Id);
        var before = (await session.ListExecutionsAsync().ToListAsync()).ToDictionary(e => e.Id);
        await session.CloseAsync();

        var after = (await session.ListExecutionsAsync().ToListAsync()).ToDictionary(e => e.Id);
        Assert.Equal(4, after.Count);
        Assert.InRange(after.Values.Sum(e => e.BytesOnDisk), 1, (3 << 20) + (4 * 4096));
        Assert.InRange(after[ids[0]].BytesOnDisk, 0, 8192);
        Assert.Equal((3, output.Length, 4), (after[ids[0]].Result!.ExitCode, after[ids[0]].Result!.StdoutBytes, after[ids[0]].Result!.StderrBytes));
        Assert.Equal(before[ids[0]].Arguments, after[ids[0]].Arguments);
        var gaps = await session.ReadRecordedOutputAsync(ids[0]).ToListAsync();
        Assert.Equal([(OutputStream.Stdout, output.Length), (OutputStream.Stderr, 4)], gaps.Select(g => (g.Stream, g.Missing)));
        Assert.Equal(0, await output.ReadAsync(session.ReadRecordedOutputAsync(ids[2])));
        // Where half of it was asked for, half of it is missing.
        Assert.Equal(output.Length - 1000, Assert.Single(await session.ReadRecordedOutputAsync(ids[0], new OutputOffsets(1000, 4)).ToListAsync()).Missing);
    }

    [Fact]
    public async Task A_reader_that_is_in_the_middle_of_what_goes_is_told_the_gap()
    {
        await using var session = await Host().CreateAsync("x");
        var output = new NumberedOutput(1_000_000);
        var id = (await session.RunAsync(output.Command, new ExecOptions { MaxOutputBytes = 0 })).ExecId;
        await session.Sandbox.PingAsync();
        var cut = false;
        var missing = await output.ReadAsync(session.ReadRecordedOutputAsync(id), piece =>
        {
            if (!cut && piece.Offset > output.Length / 2)
            {
                new ExecutionRetention(Executions, new RetentionOptions { MaxBytes = 1 }, TimeProvider.System).Apply(CancellationToken.None);
                cut = true;
            }
            return Task.CompletedTask;
        });
        Assert.InRange(missing, output.Length / 4, output.Length / 2);
    }

    [Fact]
    public async Task Bounds_are_kept_to_while_execs_are_started()
    {
        var options = new SessionOptions { Sandbox = new SandboxOptions { Retention = new RetentionOptions { MaxCount = 5 } } };
        await using var session = await Host().CreateAsync("x", options);
        using var limit = new CancellationTokenSource(Patience.Limit);
        for (var i = 0; i < 256; i++) await session.ExecAsync(["true"], cancellationToken: limit.Token);
        // A sweep may find the newest still at work, and leaves those to the next.
        while (await session.ListExecutionsAsync(limit.Token).CountAsync(limit.Token) > 20) await session.ExecAsync(["true"], cancellationToken: limit.Token);
    }

    [Fact]
    public async Task Bounds_out_of_range_are_refused_and_no_age_means_for_ever()
    {
        var wrong = new RetentionOptions { MaxBytesPerExecution = 1, MaxBytes = 1, MaxCount = 0, MaxAge = TimeSpan.FromTicks(-1) };
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => Host().CreateAsync("x", new SessionOptions { Sandbox = new SandboxOptions { Retention = wrong } }));
        foreach (var name in (string[])["MaxBytesPerExecution", "MaxBytes ", "MaxCount", "MaxAge"]) Assert.Contains("Retention." + name, refused.Message, StringComparison.Ordinal);
        await using (var session = await Host().CreateAsync("x", new SessionOptions { Sandbox = new SandboxOptions { Retention = new RetentionOptions { MaxAge = null } } }))
        {
            await session.RunAsync("true");
            await session.CloseAsync();
        }
        await using var later = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Path, TimeProvider = new ShiftedTime(TimeSpan.FromDays(10_000)) });
        await later.CloseAsync("x");
        Assert.Single(await later.ListExecutionsAsync("x").ToListAsync());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.CleanUpAsync("x", removeWorkspace: true);
            await host.DisposeAsync();
        }
        _home.Dispose();
    }

    private IStateroom Host()
    {
        var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Path });
        _hosts.Add(host);
        return host;
    }

    private static async Task<ExecResult?> RunningEndAsync(ISession session, string id) =>
        (await session.ListExecutionsAsync().SingleAsync(e => e.Id == id)).Result;

    // A file that ends within its first record is no log.
    private static bool IsTornRequest(string name, byte[] whole) =>
        name.StartsWith("torn-", StringComparison.Ordinal) && int.Parse(name.AsSpan(5..^4), System.Globalization.CultureInfo.InvariantCulture) < 24 + BitConverter.ToInt32(whole);

    private static async Task<string> TextAsync(IAsyncEnumerable<OutputChunk> pieces)
    {
        using var all = new MemoryStream();
        await foreach (var piece in pieces) all.Write(piece.Data.Span);
        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>The clock of a later day.</summary>
    private sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + shift;
    }
}
