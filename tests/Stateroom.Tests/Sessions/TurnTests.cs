using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Tests.Sessions;

public sealed class TurnTests : SessionHome
{
    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_turn_tells_what_was_created_and_changed_and_records_it()
    {
        await using var session = await Host().CreateAsync("x");
        var workspace = session.WorkspacePath!.Value.Value;
        await File.WriteAllBytesAsync(workspace + "/old.txt", "old"u8.ToArray());
        Agent.Turn = (_, _) =>
        {
            File.WriteAllBytes(workspace + "/app.py", "print()"u8.ToArray());
            File.WriteAllBytes(workspace + "/old.txt", "changed"u8.ToArray());
            Directory.CreateDirectory(workspace + "/node_modules/a");
            File.WriteAllBytes(workspace + "/node_modules/a/index.js", []);
            return TestAgent.AnswerAsync("made it");
        };
        var events = await session.StreamAsync("make it").ToListAsync();
        var result = Assert.IsType<TurnCompleted>(events[^1]).Result;
        Assert.True(result.Success);
        Assert.Equal("made it", result.Response);
        Assert.Equal(["app.py", "node_modules/"], result.FilesCreated);
        Assert.Equal(["old.txt"], result.FilesChanged);
        Assert.Equal(["app.py", "node_modules/"], events.OfType<FileCreated>().Select(created => created.Path));
        var info = await session.GetInfoAsync();
        Assert.Equal((2, 1, SessionState.Idle), (info.TotalFilesCreated, info.TotalTurns, info.State));
        var history = await session.ReadHistoryAsync().ToListAsync();
        Assert.Equal(["app.py", "node_modules/"], history.Where(entry => entry.Action == HistoryActions.FileCreated).Select(entry => entry.Context.GetProperty("path").GetString()));
        var turn = history.Single(entry => entry.Action == HistoryActions.CodeExecution).Context;
        Assert.Equal("make it", turn.GetProperty("prompt").GetString());
        Assert.True(turn.GetProperty("success").GetBoolean());
        Assert.Equal(2, turn.GetProperty("files_created").GetArrayLength());
        Assert.Equal(2, Record("x").GetProperty("total_files_created").GetInt64());
    }

    [Fact]
    public async Task An_agent_that_gives_no_result_is_a_failure()
    {
        await using var session = await Host().CreateAsync("x");
        Agent.Turn = (_, _) => new TurnEvent[] { new TextDelta("half") }.ToAsyncEnumerable();
        var result = await session.CodeAsync("go");
        Assert.False(result.Success);
        Assert.Equal("no_result", result.ErrorCode);
        Assert.Equal("half", result.Response);
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
    }

    [Fact]
    public async Task An_agent_that_throws_is_a_failed_result_without_secrets_and_the_session_takes_the_next_prompt()
    {
        await using var session = await Host().CreateAsync("x");
        Agent.Turn = (_, _) => throw new InvalidOperationException("request with x-api-key: abc123 and sk-ant-api03-abcdefgh failed");
        var result = await session.CodeAsync("go");
        Assert.Equal("agent_error", result.ErrorCode);
        Assert.Contains("failed", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("abc123", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefgh", result.Error, StringComparison.Ordinal);
        Agent.Turn = (_, _) => TestAgent.AnswerAsync("fine");
        Assert.True((await session.CodeAsync("again")).Success);
        Assert.Equal(2, (await session.GetInfoAsync()).TotalTurns);
    }

    [Fact]
    public async Task A_missing_configuration_is_said_before_anything_is_recorded()
    {
        await using var session = await Host().CreateAsync("x");
        Agent.Check = _ => throw new AgentConfigurationException("set the key");
        await Assert.ThrowsAsync<AgentConfigurationException>(() => session.CodeAsync("go"));
        Assert.Empty(await session.ReadMessagesAsync().ToListAsync());
        Assert.Single(await session.ReadHistoryAsync().ToListAsync());
    }

    [Fact]
    public async Task Canceling_interrupts_the_turn_and_frees_the_session()
    {
        await using var session = await Host().CreateAsync("x");
        var begun = Signal();
        Agent.Turn = (_, token) => TestAgent.HoldAsync(begun, cancellationToken: token);
        using var cancel = new CancellationTokenSource();
        var turn = session.CodeAsync("go", cancellationToken: cancel.Token);
        await begun.Task.WaitAsync(Limit);
        Assert.Equal(SessionState.Busy, (await Host().GetAsync("x")).State);
        await cancel.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn.WaitAsync(Limit));
        Assert.Equal(cancel.Token, error.CancellationToken);
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
        var entry = (await session.ReadHistoryAsync().ToListAsync())[^1].Context;
        Assert.False(entry.GetProperty("success").GetBoolean());
        Assert.Equal("interrupted", entry.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_stream_that_its_reader_abandons_frees_the_session()
    {
        await using var session = await Host().CreateAsync("x");
        Agent.Turn = (_, token) => TestAgent.HoldAsync(Signal(), cancellationToken: token);
        await foreach (var turnEvent in session.StreamAsync("go"))
        {
            Assert.IsType<TextDelta>(turnEvent);
            break;
        }
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
        Agent.Turn = (_, _) => TestAgent.AnswerAsync("fine");
        Assert.True((await session.CodeAsync("next").WaitAsync(Limit)).Success);
    }

    [Fact]
    public async Task Disposing_a_handle_interrupts_the_turn_that_it_drives()
    {
        var session = await Host().CreateAsync("x");
        var begun = Signal();
        Agent.Turn = (_, token) => TestAgent.HoldAsync(begun, cancellationToken: token);
        var turn = session.CodeAsync("go");
        await begun.Task.WaitAsync(Limit);
        await session.DisposeAsync().AsTask().WaitAsync(Limit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn);
        Assert.Equal(SessionState.Closed, (await Host().GetAsync("x")).State);
    }

    [Fact]
    public async Task Prompts_of_one_process_run_in_the_order_in_which_they_came()
    {
        await using var session = await Host().CreateAsync("x");
        var order = new ConcurrentQueue<string>();
        var running = 0;
        Agent.Turn = (turn, _) =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            order.Enqueue(TestAgent.Prompt(turn));
            return Finish();
        };
        async IAsyncEnumerable<TurnEvent> Finish()
        {
            await Task.Yield();
            Interlocked.Decrement(ref running);
            yield return new TurnCompleted(new TurnResult { Success = true });
        }
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => session.CodeAsync($"p{i}"))).WaitAsync(Limit);
        Assert.All(results, result => Assert.True(result.Success, result.Error));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"p{i}"), order);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), await session.ReadMessagesAsync().Select(message => message.Sequence).ToListAsync());
    }

    [Fact]
    public async Task A_prompt_waits_for_the_turn_of_another_process()
    {
        await using var session = await Host().CreateAsync("x");
        // flock belongs to an open file, so this lock is as strange to the session as one of another process.
        var other = FileLock.TryAcquire(new HomeLayout(Home).TurnLock("x"))!;
        var turn = session.CodeAsync("go");
        Assert.False(turn.IsCompleted);
        Assert.Empty(await session.ReadMessagesAsync().ToListAsync());
        other.Dispose();
        Assert.True((await turn.WaitAsync(Limit)).Success);
    }

    [Fact]
    public async Task A_prompt_that_waits_can_be_withdrawn()
    {
        await using var session = await Host().CreateAsync("x");
        var begun = Signal();
        var release = Signal();
        Agent.Turn = (_, token) => TestAgent.HoldAsync(begun, release.Task, token);
        var first = session.CodeAsync("first");
        await begun.Task.WaitAsync(Limit);
        using var cancel = new CancellationTokenSource();
        var second = session.CodeAsync("second", cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Limit));
        release.SetResult();
        Assert.True((await first.WaitAsync(Limit)).Success);
        Assert.Single(await session.ReadMessagesAsync().ToListAsync());
    }

    [Fact]
    public async Task A_prompt_to_a_closed_session_restores_it()
    {
        await using var session = await Host().CreateAsync("x");
        await session.CloseAsync();
        Assert.True((await session.CodeAsync("go")).Success);
        Assert.Equal(SessionState.Idle, (await session.GetInfoAsync()).State);
        Assert.Equal(2, Machine.Started);
    }

    [Fact]
    public async Task A_room_that_ends_fails_the_turn_honestly()
    {
        await using var session = await Host().CreateAsync("x");
        var begun = Signal();
        Agent.Turn = (_, token) => TestAgent.HoldAsync(begun, cancellationToken: token);
        var turn = session.CodeAsync("go");
        await begun.Task.WaitAsync(Limit);
        Machine.Living.Single().Finish(SandboxEndReason.Lost);
        var result = await turn.WaitAsync(Limit);
        Assert.Equal("sandbox_lost", result.ErrorCode);
        Assert.Equal(SessionState.Closed, (await session.GetInfoAsync()).State);
        Assert.Equal("closed", Record("x").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Closing_while_a_turn_runs_fails_the_turn_and_stays_closed()
    {
        await using var session = await Host().CreateAsync("x");
        var begun = Signal();
        Agent.Turn = (_, token) => TestAgent.HoldAsync(begun, cancellationToken: token);
        var turn = session.CodeAsync("go");
        await begun.Task.WaitAsync(Limit);
        await Host().CloseAsync("x");
        Assert.Equal("sandbox_lost", (await turn.WaitAsync(Limit)).ErrorCode);
        Assert.Equal("closed", Record("x").GetProperty("state").GetString());
        Assert.Single(await HistoryOf(Host(), "x"), entry => entry.Action == HistoryActions.Closed);
    }

    [Fact]
    public async Task Cleaning_up_while_a_turn_runs_fails_the_turn_and_nothing_comes_back()
    {
        await using var session = await Host().CreateAsync("x");
        var begun = Signal();
        Agent.Turn = (_, token) => TestAgent.HoldAsync(begun, cancellationToken: token);
        var turn = session.CodeAsync("go");
        await begun.Task.WaitAsync(Limit);
        await Host().CleanUpAsync("x", removeWorkspace: true);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => turn.WaitAsync(Limit));
        Assert.Empty(Directory.GetFileSystemEntries(Home + "/sessions"));
    }

    [Fact]
    public async Task A_turn_whose_process_died_is_recorded_and_the_session_takes_the_next_prompt()
    {
        await using (var kept = await Host().CreateAsync("x", new SessionOptions { Open = new OpenOptions { KeepRunning = true } })) await kept.CodeAsync("one");
        var json = await File.ReadAllTextAsync(Paths("x").Record);
        await File.WriteAllBytesAsync(Paths("x").Record, Encoding.UTF8.GetBytes(json.Replace("\"state\": \"idle\"",
            "\"state\": \"busy\", \"turn\": {\"id\": \"t\", \"prompt\": \"lost\", \"started_at\": \"2026-01-01T00:00:00Z\"}", StringComparison.Ordinal)));
        await File.AppendAllTextAsync(Paths("x").Messages, """{"sequence":2,"timesta""");
        Assert.Equal(SessionState.Idle, (await Host().GetAsync("x")).State);
        await using var session = await Host().OpenAsync("x");
        var entry = (await session.ReadHistoryAsync().ToListAsync()).Single(entry => entry.Action == HistoryActions.TurnInterrupted);
        Assert.Equal("lost", entry.Context.GetProperty("prompt").GetString());
        Assert.Equal("idle", Record("x").GetProperty("state").GetString());
        Assert.True((await session.CodeAsync("two")).Success);
        Assert.Equal([1, 2], await session.ReadMessagesAsync().Select(message => message.Sequence).ToListAsync());
    }

    [Fact]
    public async Task What_the_agent_stores_is_part_of_the_conversation_of_the_next_turn()
    {
        await using var session = await Host().CreateAsync("x");
        Agent.Turn = (turn, token) => Store(turn, token);
        static async IAsyncEnumerable<TurnEvent> Store(AgentTurn turn, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            using var content = JsonDocument.Parse("""[{"type":"text","text":"answer"}]""");
            var message = await turn.AppendMessageAsync("assistant", content.RootElement, token);
            Assert.Equal(turn.Messages[^1].Sequence + 1, message.Sequence);
            yield return new TurnCompleted(new TurnResult { Success = true, Response = "answer" });
        }
        await session.CodeAsync("question");
        IReadOnlyList<SessionMessage> seen = [];
        Agent.Turn = (turn, _) =>
        {
            seen = turn.Messages;
            return TestAgent.AnswerAsync("ok");
        };
        await session.CodeAsync("next");
        Assert.Equal(["user", "assistant", "user"], seen.Select(message => message.Role));
        Assert.Equal("answer", seen[1].Content[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Options_of_a_turn_change_only_that_turn()
    {
        await using var session = await Host().CreateAsync("x", new SessionOptions { Agent = new AgentOptions { Model = "a" } });
        var models = new List<string?>();
        Agent.Turn = (turn, _) =>
        {
            models.Add(turn.Options.Model);
            return TestAgent.AnswerAsync("ok");
        };
        await session.CodeAsync("1", new TurnOptions { Model = "b" });
        await session.CodeAsync("2");
        Assert.Equal(["b", "a"], models);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => session.CodeAsync("3", new TurnOptions { MaxTurns = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(() => session.CodeAsync(" "));
    }

    [Fact]
    public async Task Commands_of_the_agent_count()
    {
        await using var session = await Host().CreateAsync("x");
        Agent.Turn = (turn, token) => Work(turn, token);
        static async IAsyncEnumerable<TurnEvent> Work(AgentTurn turn, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            await turn.Sandbox.RunAsync("ls", cancellationToken: token);
            yield return new TurnCompleted(new TurnResult { Success = true });
        }
        await session.CodeAsync("go");
        Assert.Equal(1, Record("x").GetProperty("total_commands").GetInt64());
    }
}
