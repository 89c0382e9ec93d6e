namespace Stateroom.Tests.Sessions;

public sealed class RepairTests : SessionHome
{
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"session_id\": \"other\"}")]
    public async Task A_damaged_session_is_rebuilt_from_its_history(string damage)
    {
        string box;
        await using (var session = await Host().CreateAsync("x"))
        {
            box = session.Sandbox.Id;
            await session.RunAsync("true");
            Agent.Turn = (_, _) =>
            {
                File.WriteAllBytes(Paths("x").Workspace + "/a.txt", []);
                return TestAgent.AnswerAsync("ok");
            };
            await session.CodeAsync("go");
        }
        var before = await Host().GetAsync("x");
        await File.WriteAllBytesAsync(Paths("x").Record, System.Text.Encoding.UTF8.GetBytes(damage));
        Assert.NotEmpty(await new LocalMaintenance(Options).RepairAsync("x"));
        var after = await Host().GetAsync("x");
        Assert.Equal((1, 1, 1), (after.TotalCommands, after.TotalFilesCreated, after.TotalTurns));
        Assert.Equal(box, after.SandboxId);
        Assert.InRange(after.CreatedAt, before.CreatedAt, before.CreatedAt + TimeSpan.FromSeconds(5));
        Assert.Equal(SessionState.Closed, after.State);
        await using var again = await Host().OpenAsync("x");
        Assert.True(File.Exists(again.WorkspacePath!.Value + "/a.txt"));
        Assert.Single(await again.ReadMessagesAsync().ToListAsync());
    }

    [Fact]
    public async Task A_session_without_its_record_is_none_until_a_repair_makes_it_one_again()
    {
        string box;
        await using (var session = await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } }))
        {
            box = session.Sandbox.Id;
            await session.RunAsync("true");
        }
        await using var ephemeral = await Host().CreateAsync();
        File.Delete(Paths("x").Record);
        File.Delete(Paths(ephemeral.Id).Record);
        Assert.Empty(await Host().ListAsync().ToListAsync());
        await Assert.ThrowsAsync<SessionNotFoundException>(() => Host().OpenAsync("x"));
        var maintenance = new LocalMaintenance(Options);
        Assert.Equal(["x"], await maintenance.FindLeftoversAsync());
        Assert.NotEmpty(await maintenance.RepairAsync("x"));
        Assert.Empty(await maintenance.FindLeftoversAsync());
        await using var again = await Host().OpenAsync("x");
        Assert.Equal(box, again.Sandbox.Id);
        Assert.Equal(1, (await again.GetInfoAsync()).TotalCommands);
    }

    [Fact]
    public async Task A_new_session_in_place_of_one_without_its_record_has_its_files_and_ends_its_room()
    {
        string old;
        await using (var session = await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } }))
        {
            old = session.Sandbox.Id;
            await File.WriteAllTextAsync(session.WorkspacePath!.Value + "/kept", "");
        }
        File.Delete(Paths("x").Record);
        await using var fresh = await Host().CreateAsync("x");
        Assert.DoesNotContain(Machine.Living, s => s.Spec.SandboxId == old);
        Assert.True(File.Exists(fresh.WorkspacePath!.Value + "/kept"));
        Assert.Equal(0, (await fresh.GetInfoAsync()).TotalCommands);
        Assert.True(File.Exists(Directory.GetDirectories(Paths("x").Directory, ".stateroom.archive-*").Single() + "/history.jsonl"));
        Assert.Empty(await new LocalMaintenance(Options).FindLeftoversAsync());
    }

    [Fact]
    public async Task A_whole_session_is_left_alone()
    {
        await using (await Host().CreateAsync("x")) { }
        var before = await File.ReadAllBytesAsync(Paths("x").Record);
        Assert.Empty(await new LocalMaintenance(Options).RepairAsync("x"));
        Assert.Equal(before, await File.ReadAllBytesAsync(Paths("x").Record));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => new LocalMaintenance(Options).RepairAsync("y"));
    }

    [Fact]
    public async Task Damaged_messages_are_named_and_the_repair_takes_them_out()
    {
        await using var session = await Host().CreateAsync("x");
        await session.CodeAsync("one");
        await File.AppendAllTextAsync(Paths("x").Messages, "garbage\n");
        var error = await Assert.ThrowsAsync<CorruptSessionException>(() => session.ReadMessagesAsync().ToListAsync().AsTask());
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
        Assert.Equal("session_corrupt", (await session.CodeAsync("two")).ErrorCode);
        Assert.NotEmpty(await new LocalMaintenance(Options).RepairAsync("x"));
        Assert.True((await session.CodeAsync("three")).Success);
        Assert.Equal(2, await session.ReadMessagesAsync().CountAsync());
    }

    [Fact]
    public async Task A_corrupt_session_can_be_cleaned_up_and_its_room_ends()
    {
        await using (await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } })) { }
        await File.WriteAllBytesAsync(Paths("x").Record, []);
        await Host().CleanUpAsync("x", removeWorkspace: true);
        Assert.Empty(Machine.Living);
        Assert.False(Directory.Exists(Paths("x").Directory));
    }

    [Fact]
    public async Task A_sweep_records_ended_rooms_and_ends_rooms_of_nobody()
    {
        await using (await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } })) { }
        Machine.Living.Single().Finish(SandboxEndReason.Idle);
        await using var living = await Host().CreateAsync("y");
        await Machine.StartAsync(Machine.Living.Single().Spec with { SandboxId = "nobody" });
        var lines = await new LocalMaintenance(Options).SweepAsync();
        Assert.Equal(2, lines.Count);
        Assert.Equal("closed", Record("x").GetProperty("state").GetString());
        Assert.Equal(living.Sandbox.Id, Machine.Living.Single().Spec.SandboxId);
        Assert.Empty(await new LocalMaintenance(Options).SweepAsync());
    }
}
