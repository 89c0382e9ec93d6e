namespace Stateroom.Tests.Sessions;

public sealed class CreatingTests : SessionHome
{
    [Fact]
    public async Task A_named_session_is_persistent_and_says_where_its_workspace_is()
    {
        await using var session = await Host().CreateAsync("my-project");
        Assert.Equal("my-project", session.Id);
        Assert.True(session.IsPersistent);
        Assert.Equal($"{Home}/sessions/my-project/workspace", session.WorkspacePath!.Value.Value);
        Assert.True(Directory.Exists(session.WorkspacePath.Value));
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
    }

    [Fact]
    public async Task Creating_an_existing_id_says_that_it_exists_and_how_to_open_it()
    {
        var host = Host();
        await using var first = await host.CreateAsync("x");
        var error = await Assert.ThrowsAsync<SessionAlreadyExistsException>(() => host.CreateAsync("x"));
        Assert.StartsWith("Session 'x' already exists", error.Message, StringComparison.Ordinal);
        Assert.Contains("OpenOrCreateAsync", error.Message, StringComparison.Ordinal);
        Assert.Equal(SessionState.Idle, (await first.GetInfoAsync()).State);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../../x")]
    [InlineData("a/b")]
    [InlineData("a.b")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("x\0")]
    public async Task An_id_that_breaks_the_rules_is_refused_with_the_rules_at_every_entry_point(string id)
    {
        var host = Host();
        foreach (var call in (Func<Task>[])[
            () => host.CreateAsync(id), () => host.OpenAsync(id), () => host.OpenOrCreateAsync(id), () => host.GetAsync(id), () => host.CloseAsync(id),
            () => host.CleanUpAsync(id, removeWorkspace: true), () => HistoryOf(host, id), () => new LocalMaintenance(Options).RepairAsync(id)])
        {
            var error = await Assert.ThrowsAsync<InvalidSessionIdException>(call);
            Assert.Contains(SessionId.Rules, error.Message, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(Home));
    }

    [Fact]
    public async Task An_id_of_255_characters_works_in_every_step_of_its_life()
    {
        var id = new string('a', 255);
        var host = Host();
        await using (var session = await host.CreateAsync(id)) Assert.True((await session.CodeAsync("hello")).Success);
        await using (var session = await host.OpenAsync(id)) await session.CloseAsync();
        await host.CleanUpAsync(id, removeWorkspace: true);
        Assert.Empty(await host.ListAsync().ToListAsync());
    }

    [Fact]
    public async Task Ids_that_differ_in_case_are_two_sessions()
    {
        var host = Host();
        await using var upper = await host.CreateAsync("A");
        await using var lower = await host.CreateAsync("a");
        Assert.Equal(2, await host.ListAsync().CountAsync());
    }

    [Fact]
    public async Task A_room_that_does_not_start_leaves_nothing_behind()
    {
        Machine.OnStart = (_, _) => throw new SandboxStartException("no rooms today");
        var host = Host();
        await Assert.ThrowsAsync<SandboxStartException>(() => host.CreateAsync("x"));
        await Assert.ThrowsAsync<SandboxStartException>(() => host.CreateAsync());
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/ephemeral"));
        Machine.OnStart = null;
        await using var session = await host.CreateAsync("x");
    }

    [Fact]
    public async Task A_failed_start_keeps_a_workspace_that_was_there_before()
    {
        Directory.CreateDirectory(Home + "/sessions/x/workspace");
        await File.WriteAllBytesAsync(Home + "/sessions/x/workspace/mine.txt", "mine"u8.ToArray());
        Machine.OnStart = (_, _) => throw new SandboxStartException("no rooms today");
        await Assert.ThrowsAsync<SandboxStartException>(() => Host().CreateAsync("x"));
        Assert.Equal(["/mine.txt"], Directory.GetFiles(Home + "/sessions/x", "*", SearchOption.AllDirectories).Select(f => f[(Home + "/sessions/x/workspace").Length..]));
        Assert.False(Directory.Exists(Home + "/sessions/x/home"));
    }

    [Fact]
    public async Task A_canceled_creation_leaves_nothing_behind()
    {
        using var cancel = new CancellationTokenSource();
        Machine.OnStart = (_, token) =>
        {
            cancel.Cancel();
            return Task.FromCanceled(token);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Host().CreateAsync("x", cancellationToken: cancel.Token));
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
    }

    [Fact]
    public async Task A_workspace_prepared_by_hand_is_adopted()
    {
        Directory.CreateDirectory(Home + "/sessions/x/workspace/sub");
        await File.WriteAllBytesAsync(Home + "/sessions/x/workspace/sub/a.txt", "a"u8.ToArray());
        await using var session = await Host().CreateAsync("x");
        Assert.Equal("a", await File.ReadAllTextAsync(session.WorkspacePath!.Value + "/sub/a.txt"));
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_workspace_is_not_followed()
    {
        Directory.CreateDirectory(Home + "/sessions/x");
        Directory.CreateDirectory(Home + "/elsewhere");
        Directory.CreateSymbolicLink(Home + "/sessions/x/workspace", Home + "/elsewhere");
        await Assert.ThrowsAsync<SessionConflictException>(() => Host().CreateAsync("x"));
        Assert.True(Directory.Exists(Home + "/elsewhere"));
    }

    [Fact]
    public async Task All_that_is_wrong_with_the_options_is_said_at_once()
    {
        var options = new SessionOptions
        {
            Agent = new AgentOptions { MaxTurns = 0 },
            Sandbox = new SandboxOptions { IdleTimeout = TimeSpan.Zero, Limits = new SandboxLimits { Processes = 1 } },
        };
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Host().CreateAsync("x", options));
        Assert.Contains("IdleTimeout", error.Message, StringComparison.Ordinal);
        Assert.Contains("Processes", error.Message, StringComparison.Ordinal);
        Assert.Contains("MaxTurns", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
    }

    [Fact]
    public async Task An_unknown_runtime_or_agent_is_refused_before_anything_is_made()
    {
        var host = Host();
        await Assert.ThrowsAsync<SandboxStartException>(() => host.CreateAsync("x", new SessionOptions { Sandbox = new SandboxOptions { Runtime = "fog" } }));
        await Assert.ThrowsAsync<AgentConfigurationException>(() => host.CreateAsync("x", new SessionOptions { Agent = new AgentOptions { Name = "nobody" } }));
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
    }

    [Fact]
    public async Task Of_many_that_open_or_create_at_once_one_creates_and_the_others_open()
    {
        var created = 0;
        Machine.OnStart = async (_, _) =>
        {
            Interlocked.Increment(ref created);
            await Task.Yield();
        };
        var sessions = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => Host().OpenOrCreateAsync("race")))).WaitAsync(Limit);
        Assert.Equal(1, created);
        Assert.Single(await HistoryOf(Host(), "race"), entry => entry.Action == HistoryActions.SessionCreated);
        Assert.Single(sessions.Select(session => session.Sandbox.Id).Distinct());
    }

    [Fact]
    public async Task Of_many_that_create_at_once_exactly_one_succeeds()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            try
            {
                await Host().CreateAsync("race");
                return true;
            }
            catch (SessionAlreadyExistsException)
            {
                return false;
            }
        }))).WaitAsync(Limit);
        Assert.Single(outcomes, won => won);
    }

    [Fact]
    public async Task A_runtime_that_cannot_enforce_the_network_policy_starts_no_room()
    {
        var network = new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = ["example.org"] };
        var error = await Assert.ThrowsAsync<SandboxStartException>(() => Host().CreateAsync("x", new SessionOptions { Sandbox = new SandboxOptions { Network = network } }));
        Assert.Contains("has no way to enforce the network policy 'allow'", error.Message, StringComparison.Ordinal);
        Assert.Empty(Machine.Living);
        Assert.Empty(await Host().ListAsync().ToListAsync());
    }
}
