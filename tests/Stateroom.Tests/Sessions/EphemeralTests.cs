using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Tests.Sessions;

public sealed class EphemeralTests : SessionHome
{
    [Fact]
    public async Task A_session_without_an_id_is_gone_with_its_handle()
    {
        var host = Host();
        var session = await host.CreateAsync(null, new SessionOptions { Open = new OpenOptions { KeepRunning = true } });
        Assert.False(session.IsPersistent);
        Assert.Equal(26, session.Id.Length);
        var listed = Assert.Single(await host.ListAsync().ToListAsync());
        Assert.False(listed.IsPersistent);
        await session.DisposeAsync();
        Assert.Empty(Machine.Living);
        foreach (var directory in (string[])["sessions", "trash", "ephemeral", "locks"])
            Assert.DoesNotContain(Directory.GetFileSystemEntries($"{Home}/{directory}"), path => path.Contains(session.Id, StringComparison.Ordinal));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.OpenAsync(session.Id));
    }

    [Fact]
    public async Task It_cannot_be_opened_a_second_time_while_it_lives()
    {
        await using var session = await Host().CreateAsync();
        await Assert.ThrowsAsync<SessionNotFoundException>(() => Host().OpenAsync(session.Id));
    }

    [Fact]
    public async Task The_room_ends_before_its_files_go()
    {
        var session = await Host().CreateAsync();
        var workspace = session.WorkspacePath!.Value.Value;
        var there = Machine.Living.Single().Ended.ContinueWith(_ => Directory.Exists(workspace), TaskContinuationOptions.ExecuteSynchronously);
        await session.DisposeAsync();
        await there.WaitAsync(Limit);
        Assert.False(Directory.Exists(workspace));
    }

    [Fact]
    public async Task What_a_killed_process_left_is_removed_by_the_next_start_and_what_lives_stays()
    {
        await using var living = await Host().CreateAsync();
        // What a killed process leaves: files and a marker, and the lock of its owner free.
        var layout = new HomeLayout(Home);
        var killed = SessionId.New();
        await using (await Host().CreateAsync(killed, new SessionOptions { Open = new OpenOptions { KeepRunning = true } })) { }
        await File.WriteAllBytesAsync(layout.EphemeralMarker(killed), []);
        Assert.False(FileLock.IsHeld(layout.OwnerLock(killed)));

        var listed = await Host().ListAsync().ToListAsync();

        Assert.Equal([living.Id], listed.Select(info => info.Id));
        Assert.Equal(living.Sandbox.Id, Machine.Living.Single().Spec.SandboxId);
        Assert.False(Directory.Exists(Paths(killed).Directory));
    }
}
