namespace Stateroom.Tests.Sessions;

public sealed class LifecycleTests : SessionHome
{
    private static readonly SessionOptions Keep = new() { Open = new OpenOptions { KeepRunning = true } };

    [Fact]
    public async Task Disposing_the_last_handle_ends_the_room_and_keeps_the_files()
    {
        var session = await Host().CreateAsync("x");
        await File.WriteAllBytesAsync(session.WorkspacePath!.Value + "/a.txt", "a"u8.ToArray());
        await session.DisposeAsync();
        var info = await Host().GetAsync("x");
        Assert.Equal(SessionState.Closed, info.State);
        Assert.False(info.IsRunning);
        Assert.True(File.Exists(info.WorkspacePath!.Value + "/a.txt"));
        await session.DisposeAsync();
    }

    [Fact]
    public async Task A_room_that_was_kept_outlives_its_handles()
    {
        await using (await Host().CreateAsync("x", Keep)) { }
        Assert.Equal(SessionState.Idle, (await Host().GetAsync("x")).State);
    }

    [Fact]
    public async Task Disposing_the_host_disposes_what_it_opened()
    {
        var host = Host();
        var session = await host.CreateAsync("x");
        await host.DisposeAsync();
        Assert.Empty(Machine.Living);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.RunAsync("true"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.CreateAsync("y"));
    }

    [Fact]
    public async Task Closing_ends_the_room_for_everybody_and_is_idempotent()
    {
        var mine = await Host().CreateAsync("x", Keep);
        var theirs = await Host().OpenAsync("x");
        await mine.CloseAsync();
        await mine.CloseAsync();
        await Host().CloseAsync("x");
        Assert.Empty(Machine.Living);
        Assert.Throws<SessionClosedException>(() => mine.Sandbox);
        Assert.Throws<SessionClosedException>(() => theirs.Sandbox);
        await Assert.ThrowsAsync<SessionClosedException>(() => theirs.RunAsync("true"));
        Assert.Single(await HistoryOf(Host(), "x"), entry => entry.Action == HistoryActions.Closed);
        Assert.Equal("closed", Record("x").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Restoring_gives_a_new_room_and_processes_no_old_messages()
    {
        var session = await Host().CreateAsync("x");
        await session.CodeAsync("once");
        var old = session.Sandbox.Id;
        await session.CloseAsync();
        var turns = 0;
        Agent.Turn = (_, _) =>
        {
            turns++;
            return TestAgent.AnswerAsync("no");
        };
        await session.RestoreAsync();
        await session.RestoreAsync();
        Assert.NotEqual(old, session.Sandbox.Id);
        Assert.Equal(0, turns);
        Assert.Equal(2, Machine.Started);
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
    }

    [Fact]
    public async Task Handles_that_restore_at_once_share_one_room()
    {
        var sessions = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Host().OpenOrCreateAsync("x")));
        await sessions[0].CloseAsync();
        await Task.WhenAll(sessions.Select(session => session.RestoreAsync())).WaitAsync(Limit);
        Assert.Single(sessions.Select(session => session.Sandbox.Id).Distinct());
        Assert.Equal(2, Machine.Started);
    }

    [Fact]
    public async Task Clean_up_that_keeps_archives_the_metadata_and_the_next_session_adopts_the_files()
    {
        var host = Host();
        var session = await host.CreateAsync("x", Keep);
        await File.WriteAllBytesAsync(session.WorkspacePath!.Value + "/a.txt", "a"u8.ToArray());
        await session.CodeAsync("old");
        await host.CleanUpAsync("x", removeWorkspace: false);
        await host.CleanUpAsync("x", removeWorkspace: false);
        Assert.Empty(Machine.Living);
        Assert.Empty(await host.ListAsync().ToListAsync());
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.OpenAsync("x"));
        var archive = Assert.Single(Directory.GetDirectories(Paths("x").Directory, ".stateroom.archive-*"));
        Assert.True(File.Exists(archive + "/session.json") && File.Exists(archive + "/messages.jsonl"));
        await using var next = await host.CreateAsync("x");
        Assert.Equal("a", await File.ReadAllTextAsync(next.WorkspacePath!.Value + "/a.txt"));
        Assert.Empty(await next.ReadMessagesAsync().ToListAsync());
        Assert.Equal(0, (await next.GetInfoAsync()).TotalTurns);
    }

    [Fact]
    public async Task Clean_up_that_removes_leaves_nothing_and_may_be_repeated()
    {
        var host = Host();
        var session = await host.CreateAsync("x", Keep);
        Directory.CreateDirectory(session.WorkspacePath!.Value + "/a/b");
        Assert.Equal(0, Stateroom.Native.Libc.chmod(session.WorkspacePath.Value + "/a/b", 0));
        File.CreateSymbolicLink(session.WorkspacePath.Value + "/out", "/etc");
        await host.CleanUpAsync("x", removeWorkspace: true);
        await host.CleanUpAsync("x", removeWorkspace: true);
        await host.CleanUpAsync("never-was", removeWorkspace: true);
        Assert.Empty(Machine.Living);
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/trash"));
        Assert.True(File.Exists("/etc/passwd"));
    }

    [Fact]
    public async Task Clean_up_does_not_touch_a_directory_that_is_no_session()
    {
        Directory.CreateDirectory(Home + "/sessions/x/workspace");
        await Host().CleanUpAsync("x", removeWorkspace: true);
        Assert.True(Directory.Exists(Home + "/sessions/x/workspace"));
    }

    [Fact]
    public async Task What_an_interrupted_clean_up_left_is_removed_by_the_next_start()
    {
        await using (await Host().CreateAsync("x")) { }
        Directory.Move(Paths("x").Directory, Home + "/trash/x-1");
        var host = Host();
        Assert.Empty(await host.ListAsync().ToListAsync());
        await Until(() => Task.FromResult(Directory.GetFileSystemEntries(Home + "/trash").Length == 0));
    }

    [Fact]
    public async Task Many_closes_restores_and_clean_ups_at_once_end_well()
    {
        var tasks = Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var host = Host();
            try
            {
                await using var session = await host.OpenOrCreateAsync("x");
                if (i % 4 == 1) await session.CloseAsync();
                if (i % 4 == 2) await session.RestoreAsync();
                if (i % 8 == 3) await host.CleanUpAsync("x", removeWorkspace: true);
            }
            catch (SessionNotFoundException)
            {
                // Another one removed it.
            }
        }));
        await Task.WhenAll(tasks).WaitAsync(Limit);
        Assert.Empty(Machine.Living);
        await Host().CleanUpAsync("x", removeWorkspace: true);
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
    }
}
