namespace Stateroom.Tests.Conformance;

/// <summary>Many at once, and what is left of them. The processes and descriptors of the whole test process are counted: no other test may have a room open.</summary>
[CollectionDefinition(nameof(ManySessionsTests), DisableParallelization = true)]
[Collection(nameof(ManySessionsTests))]
public class ManySessionsTests
{
    [Fact]
    public Task Two_hundred_sessions_in_parallel_leave_nothing_behind() => RunAsync(count: 200, atOnce: 200, rounds: 1);

    [Fact, Trait("Category", "Stress")]
    public Task Five_thousand_sessions_in_turn_leave_nothing_behind() => RunAsync(count: 5000, atOnce: 32, rounds: 5);

    private static async Task RunAsync(int count, int atOnce, int rounds)
    {
        using var home = new TempHome();
        await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = home.Path });
        var before = Directory.GetFiles("/proc/self/fd");
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, (i, _) => new ValueTask(LiveAsync(stateroom, i, rounds)));
        Assert.Empty(await stateroom.ListAsync().ToListAsync());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(home.Path, "sessions")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(home.Path, "trash")));
        Assert.DoesNotContain(Directory.GetDirectories(Path.Combine(home.Path, "run")), d => !Path.GetFileName(d).StartsWith("etc-", StringComparison.Ordinal));
        Assert.DoesNotContain(home.Path, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        // The monitors of the rooms are our children: a zombie would show here. They end just behind their rooms.
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (Children().Any(c => c.Contains("bwrap", StringComparison.Ordinal))) await Task.Delay(10, patience.Token);
        // What the runtime itself has opened meanwhile, its assemblies and event queues, does not grow with the number of sessions.
        var left = Directory.GetFiles("/proc/self/fd").Except(before).Select(f => new FileInfo(f).LinkTarget ?? "").Where(l => !l.EndsWith(".dll", StringComparison.Ordinal)).ToList();
        Assert.True(left.Count < 10, $"{left.Count} descriptors more than before: {string.Join(", ", left.CountBy(l => l.Split('/', ':')[0] + l.Split('/')[^1]).Select(g => $"{g.Value} x {g.Key}"))}");
    }

    private static async Task LiveAsync(IStateroom stateroom, int number, int rounds)
    {
        await using (var session = await stateroom.CreateAsync($"s{number}"))
        {
            for (var round = 0; round < rounds; round++)
            {
                var result = await session.RunAsync($"echo {number}; sleep 1000 & exit {number % 7}");
                Assert.Equal(($"{number}\n", number % 7), (result.StdoutText, result.ExitCode));
            }
            await session.CloseAsync();
            Assert.Equal(SessionState.Closed, (await session.GetInfoAsync()).State);
        }
        await stateroom.CleanUpAsync($"s{number}", removeWorkspace: true);
    }

    private static IEnumerable<string> Children()
    {
        foreach (var thread in Directory.GetDirectories("/proc/self/task"))
        {
            foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                var name = Path.Combine("/proc", child, "stat");
                if (File.Exists(name)) yield return File.ReadAllText(name);
            }
        }
    }
}
