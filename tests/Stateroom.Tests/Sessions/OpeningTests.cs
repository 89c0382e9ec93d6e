using System.Text;
using System.Text.Json.Nodes;
using Stateroom.Sessions;

namespace Stateroom.Tests.Sessions;

public sealed class OpeningTests : SessionHome
{
    [Fact]
    public async Task A_missing_session_is_not_found()
    {
        var error = await Assert.ThrowsAsync<SessionNotFoundException>(() => Host().OpenAsync("x"));
        Assert.StartsWith("Session 'x' not found", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Home + "/locks"));
    }

    [Fact]
    public async Task A_record_of_another_version_gets_the_defaults_of_what_it_lacks()
    {
        await using (await Host().CreateAsync("x")) { }
        var file = Home + "/sessions/x/.stateroom/session.json";
        var record = JsonNode.Parse(await File.ReadAllBytesAsync(file))!.AsObject();
        record.Remove("version");
        record["agent"]!.AsObject().Remove("max_turns");
        record["sandbox"]!["limits"]!.AsObject().Remove("processes");
        record.Remove("metadata");
        await File.WriteAllBytesAsync(file, Encoding.UTF8.GetBytes(record.ToJsonString()));
        await using var again = await Host().OpenAsync("x");
        Assert.Empty((await again.GetInfoAsync()).Metadata);
        Assert.Equal(new SandboxLimits(), Machine.Living.Single().Spec.Options.Limits);
        AgentOptions? seen = null;
        Agent.Turn = (turn, _) =>
        {
            seen = turn.Options;
            return TestAgent.AnswerAsync("yes");
        };
        await again.CodeAsync("hello");
        Assert.Equivalent(new AgentOptions(), seen);
    }

    [Fact]
    public async Task Reopening_gives_the_same_workspace_conversation_and_configuration()
    {
        var options = new SessionOptions
        {
            Agent = new AgentOptions { Model = "m", SystemPrompt = "s", MaxTurns = 7 },
            Sandbox = new SandboxOptions { IdleTimeout = TimeSpan.FromMinutes(3), Environment = new Dictionary<string, string> { ["A"] = "b" } },
            Metadata = new Dictionary<string, string> { ["team"] = "blue" },
        };
        await using (var session = await Host().CreateAsync("x", options))
        {
            await File.WriteAllBytesAsync(session.WorkspacePath!.Value + "/a.txt", "a"u8.ToArray());
            await session.CodeAsync("remember");
        }
        AgentOptions? seen = null;
        Agent.Turn = (turn, _) =>
        {
            seen = turn.Options;
            return TestAgent.AnswerAsync("yes");
        };
        await using var again = await Host().OpenAsync("x");
        Assert.Equal("a", await File.ReadAllTextAsync(again.WorkspacePath!.Value + "/a.txt"));
        Assert.Equal("blue", (await again.GetInfoAsync()).Metadata["team"]);
        await again.CodeAsync("again");
        Assert.Equivalent(options.Agent, seen);
        var spec = Machine.Living.Single().Spec;
        Assert.Equal(TimeSpan.FromMinutes(3), spec.Options.IdleTimeout);
        Assert.Equal("b", spec.Options.Environment["A"]);
        Assert.Equal(["remember", "again"], await again.ReadMessagesAsync().Select(message => message.Content[0].GetProperty("text").GetString()).ToListAsync());
    }

    [Fact]
    public async Task A_living_room_is_adopted_and_an_ended_one_is_replaced()
    {
        var first = await Host().CreateAsync("x");
        var second = await Host().OpenAsync("x");
        Assert.Equal(first.Sandbox.Id, second.Sandbox.Id);
        await first.DisposeAsync();
        await second.DisposeAsync();
        Assert.Empty(Machine.Living);
        await using var third = await Host().OpenAsync("x");
        Assert.NotEqual(first.Id, third.Sandbox.Id);
        var actions = (await HistoryOf(Host(), "x")).Select(entry => entry.Action);
        Assert.Equal([HistoryActions.SessionCreated, HistoryActions.Closed, HistoryActions.Restored], actions);
    }

    [Fact]
    public async Task The_end_of_a_room_is_recorded_with_its_own_time_and_reason()
    {
        var session = await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } });
        await session.DisposeAsync();
        var at = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Machine.Living.Single().Finish(SandboxEndReason.Idle, at);
        Assert.Equal(SessionState.Closed, (await Host().GetAsync("x")).State);
        await using var again = await Host().OpenAsync("x");
        var closed = (await HistoryOf(Host(), "x")).Single(entry => entry.Action == HistoryActions.Closed);
        Assert.Equal(at, closed.Timestamp);
        Assert.Equal("idle", closed.Context.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_session_whose_workspace_was_removed_by_hand_opens_with_an_empty_one()
    {
        await using (await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } })) { }
        Directory.Delete(Paths("x").Workspace, recursive: true);
        await using var session = await Host().OpenAsync("x");
        Assert.Empty(Directory.GetFileSystemEntries(session.WorkspacePath!.Value));
        Assert.Single(Machine.Living);
        Assert.Equal(2, Machine.Started);
    }

    [Fact]
    public async Task A_session_whose_directory_was_removed_by_hand_is_gone_and_its_handle_says_so()
    {
        var host = Host();
        await using var session = await host.CreateAsync("x");
        await using var other = await host.CreateAsync("y");
        Directory.Delete(Paths("x").Directory, recursive: true);
        Assert.Equal(SessionState.Deleted, (await session.GetInfoAsync()).State);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => session.CodeAsync("hello"));
        Assert.Equal(["y"], await host.ListAsync().Select(info => info.Id).ToListAsync());
        Assert.Equal(SessionState.Idle, (await other.GetInfoAsync()).State);
        // Its room belongs to nobody now.
        Assert.Single(await new LocalMaintenance(Options).SweepAsync());
        Assert.Single(Machine.Living);
    }

    [Fact]
    public async Task A_handle_of_a_session_that_was_made_anew_does_not_touch_the_new_one()
    {
        var host = Host();
        var old = await host.CreateAsync("x");
        await Host().CleanUpAsync("x", removeWorkspace: true);
        await using var next = await host.CreateAsync("x");
        await Assert.ThrowsAsync<SessionNotFoundException>(() => old.CodeAsync("hello"));
        await Assert.ThrowsAsync<SessionNotFoundException>(() => old.RestoreAsync());
        await Assert.ThrowsAsync<SessionNotFoundException>(() => old.CloseAsync());
        Assert.Equal(SessionState.Deleted, (await old.GetInfoAsync()).State);
        await old.DisposeAsync();
        Assert.Equal(SessionState.Idle, (await next.GetInfoAsync()).State);
        Assert.Equal(2, Record("x").GetProperty("generation").GetInt64());
    }

    [Fact]
    public async Task A_creation_whose_process_died_is_found_closed_and_opens()
    {
        await using (await Host().CreateAsync("x")) { }
        await File.WriteAllBytesAsync(Paths("x").Record, Replace(await File.ReadAllTextAsync(Paths("x").Record), "\"idle\"", "\"init\""));
        Assert.Equal(SessionState.Closed, (await Host().GetAsync("x")).State);
        await using var session = await Host().OpenAsync("x");
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
    }

    [Fact]
    public async Task A_creation_that_is_still_starting_is_reported_as_such()
    {
        var release = new TaskCompletionSource();
        var starting = new TaskCompletionSource();
        Machine.OnStart = (_, _) =>
        {
            starting.SetResult();
            return release.Task;
        };
        var creation = Host().CreateAsync("x");
        await starting.Task.WaitAsync(Limit);
        Assert.Equal(SessionState.Init, (await Host().GetAsync("x")).State);
        release.SetResult();
        await creation.WaitAsync(Limit);
        Assert.Equal(SessionState.Idle, (await Host().GetAsync("x")).State);
    }

    [Fact]
    public async Task A_failed_restore_leaves_the_session_closed()
    {
        await using (await Host().CreateAsync("x")) { }
        Machine.OnStart = (_, _) => throw new SandboxStartException("no rooms today");
        await Assert.ThrowsAsync<SandboxStartException>(() => Host().OpenAsync("x"));
        Assert.Equal("closed", Record("x").GetProperty("state").GetString());
        Machine.OnStart = null;
        await using var session = await Host().OpenAsync("x");
    }

    [Fact]
    public void Every_transition_that_is_not_in_the_table_is_refused()
    {
        Assert.True(SessionTransitions.IsAllowed(SessionState.Idle, SessionState.Busy));
        Assert.False(SessionTransitions.IsAllowed(SessionState.Closed, SessionState.Busy));
        Assert.False(SessionTransitions.IsAllowed(SessionState.Closed, SessionState.Idle));
        Assert.False(SessionTransitions.IsAllowed(SessionState.Busy, SessionState.Init));
        Assert.False(SessionTransitions.IsAllowed(SessionState.Deleted, SessionState.Deleted));
    }

    [Fact]
    public async Task A_link_planted_in_the_place_of_metadata_is_not_followed()
    {
        await using (await Host().CreateAsync("x")) { }
        File.Move(Paths("x").Record, Home + "/moved.json");
        File.CreateSymbolicLink(Paths("x").Record, Home + "/moved.json");
        await Assert.ThrowsAsync<CorruptSessionException>(() => Host().OpenAsync("x"));
    }

    private static byte[] Replace(string text, string from, string to) => System.Text.Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
}
