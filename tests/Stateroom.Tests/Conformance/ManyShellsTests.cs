namespace Stateroom.Tests.Conformance;

/// <summary>Fifty shells that work at once for a long time: every byte of every command, and what is left of them.</summary>
[CollectionDefinition(nameof(ManyShellsTests), DisableParallelization = true)]
[Collection(nameof(ManyShellsTests))]
public class ManyShellsTests : RoomTest
{
    private const int Shells = 50, MostLogBytes = 1 << 20;

    // One block of the file system at each end of what is kept, and the request.
    private const int LogSlack = 64 << 10;

    private static readonly string[] Kinds = ["bash", "dash", "zsh", "ash"];

    protected override SandboxOptions Options => base.Options with { Retention = new RetentionOptions { MaxBytesPerExecution = MostLogBytes } };

    [Fact]
    public Task Commands_of_fifty_shells_give_their_own_output_and_leave_nothing() => RunAsync(warmUp: 10, commands: 40);

    [Fact, Trait("Category", "Stress")]
    public Task A_hundred_thousand_commands_of_fifty_shells_leave_no_memory_descriptors_processes_or_files() => RunAsync(warmUp: 200, commands: 2000);

    private async Task RunAsync(int warmUp, int commands)
    {
        var empty = await RoomUsage.MeasureAsync(Room);
        var shells = await Task.WhenAll(Enumerable.Range(0, Shells).Select(i => Room.OpenShellAsync(new ShellOptions { Shell = Kinds[i % Kinds.Length] }))).WaitAsync(Patience.Limit);
        await WorkAsync(shells, 0, warmUp);
        var before = await RoomUsage.MeasureAsync(Room);
        await WorkAsync(shells, warmUp, commands);
        before.AssertNoMore(await RoomUsage.MeasureAsync(Room));
        Assert.Equal(Shells, before.Processes - empty.Processes);
        var info = await Session.GetInfoAsync();
        Assert.InRange(info.TotalCommands, (Shells * commands) + 1, (Shells * commands) + 50);

        foreach (var shell in shells) await shell.CloseAsync().WaitAsync(Patience.Limit);
        empty.AssertNoMore(await RoomUsage.MeasureAsync(Room));
        await AssertRecordsBoundedAsync();
    }

    // Each shell is used by one caller; all of them at once.
    private static Task WorkAsync(IShell[] shells, int from, int to) => Task.WhenAll(shells.Select((shell, number) => Task.Run(async () =>
    {
        for (var i = from; i < to; i++)
        {
            var check = NumberedCommand.Make(number, i);
            var result = await shell.RunAsync(check.Text, check.Options).WaitAsync(Patience.Limit);
            check.Verify(result);
        }
    })));

    private async Task AssertRecordsBoundedAsync()
    {
        var records = await Session.ListExecutionsAsync().ToListAsync();
        Assert.Equal(Shells, records.Count(r => r.IsShell));
        Assert.DoesNotContain(records, r => r.IsRunning || r.BytesOnDisk > MostLogBytes + LogSlack);
        // Nothing lies there that no record is made of.
        var files = Directory.GetFiles(Path.Combine(HomeDirectory, "sessions", Session.Id, ".stateroom", "executions"), "*", SearchOption.AllDirectories);
        Assert.InRange(files.Length, records.Count, records.Count + 1);
    }
}
