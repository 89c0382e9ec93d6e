namespace Stateroom.Tests.Sessions;

/// <summary>The joints between sessions and real rooms: everything else about sessions is shown without processes.</summary>
public sealed class RealRoomTests : IAsyncDisposable
{
    private readonly TempHome _home = new();
    private readonly List<IStateroom> _hosts = [];

    [Fact]
    public async Task A_session_lives_on_through_dispose_reopen_close_and_restore()
    {
        await using (var session = await Host().CreateAsync("x"))
        {
            Assert.True((await session.RunAsync("echo kept > a.txt; echo cache > ~/c")).Success);
            Assert.Equal("kept\n", await File.ReadAllTextAsync(session.WorkspacePath!.Value + "/a.txt"));
        }
        await using (var session = await Host().OpenAsync("x"))
        {
            Assert.Equal("kept\ncache\n", (await session.RunAsync("cat a.txt ~/c")).StdoutText);
            await session.CloseAsync();
            Assert.Equal(SessionState.Closed, (await session.GetInfoAsync()).State);
            await session.RestoreAsync();
            Assert.Equal("kept\n", (await session.ExecAsync(["cat", "a.txt"])).StdoutText);
            Assert.Equal(3, (await session.GetInfoAsync()).TotalCommands);
        }
        await Host().CleanUpAsync("x", removeWorkspace: true);
        Assert.Empty(Directory.GetFileSystemEntries(_home.Path + "/sessions"));
    }

    [Fact]
    public async Task The_end_that_the_guest_recorded_is_in_the_history_and_nothing_of_the_room_is_left()
    {
        await using (await Host().CreateAsync("x")) { }
        using var limit = new CancellationTokenSource(Patience.Limit);
        while ((await Host().GetAsync("x")).State != SessionState.Closed) await Task.Delay(2, limit.Token);
        await using var session = await Host().OpenAsync("x");
        var closed = await session.ReadHistoryAsync().SingleAsync(entry => entry.Action == HistoryActions.Closed);
        Assert.Equal("last_handle", closed.Context.GetProperty("reason").GetString());
        Assert.Equal(session.Sandbox.Id, Assert.Single(Directory.GetDirectories(_home.Path + "/run"), path => !path.Contains("etc-", StringComparison.Ordinal))[(_home.Path + "/run/").Length..]);
    }

    [Fact]
    public async Task Of_a_room_that_ended_with_its_last_handle_nothing_is_left_and_its_end_is_on_record()
    {
        await using (var kept = await Host().CreateAsync("x"))
        {
            await using (await Host().OpenAsync("x")) { }
            Assert.True((await kept.RunAsync("true")).Success);
        }
        // On a busy machine a room may end later than its handle looks; the next opening removes what is left of that one.
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (Directory.GetDirectories(_home.Path + "/run").Any(path => !path.Contains("etc-", StringComparison.Ordinal)))
        {
            await using (await Host().OpenAsync("x")) limit.Token.ThrowIfCancellationRequested();
        }
        Assert.Equal(SessionState.Closed, (await Host().GetAsync("x")).State);
        Assert.Equal(HistoryActions.Closed, (await Host().ReadHistoryAsync("x").LastAsync()).Action);
    }

    [Fact]
    public async Task Reopening_at_once_after_the_last_handle_went_always_works()
    {
        for (var i = 0; i < 20; i++)
            await using (var session = await Host().OpenOrCreateAsync("x"))
                Assert.True((await session.RunAsync("true")).Success);
        Assert.Equal(20, (await Host().GetAsync("x")).TotalCommands);
    }

    [Fact]
    public async Task A_kept_room_is_found_again_with_its_processes()
    {
        await using (var first = await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } }))
            await first.RunAsync("echo here > /tmp/mark");
        await using var second = await Host().OpenAsync("x");
        Assert.Equal("here\n", (await second.RunAsync("cat /tmp/mark")).StdoutText);
        await second.CloseAsync();
    }

    [Fact]
    public async Task An_ephemeral_session_is_gone_with_all_that_its_room_made()
    {
        await using (var session = await Host().CreateAsync())
            await session.RunAsync("mkdir -p a/b; touch a/b/c; chmod 000 a/b a; sleep 1000 & exit");
        foreach (var directory in (string[])["sessions", "trash", "ephemeral"]) Assert.Empty(Directory.GetFileSystemEntries($"{_home.Path}/{directory}"));
        Assert.Empty(await new LocalMaintenance(new StateroomLocalOptions { HomeDirectory = _home.Path }).SweepAsync());
    }

    [Fact]
    public async Task What_the_host_puts_into_the_workspace_the_room_can_edit()
    {
        await using var session = await Host().CreateAsync("x");
        await File.WriteAllBytesAsync(session.WorkspacePath!.Value + "/from-host", "a\n"u8.ToArray());
        var result = await session.RunAsync("echo b >> from-host && cat from-host");
        Assert.Equal("a\nb\n", result.StdoutText);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await using (var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Path }))
            await foreach (var info in host.ListAsync()) await host.CleanUpAsync(info.Id, removeWorkspace: true);
        Stateroom.Workspaces.TreeRemover.Remove(_home.Path);
    }

    private IStateroom Host()
    {
        var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Path });
        _hosts.Add(host);
        return host;
    }
}
