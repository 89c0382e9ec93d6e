using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Stateroom.Faults;

namespace Stateroom.Sessions;

// Prompts: the queue, and what belongs to one turn.
internal sealed partial class LocalSession
{
    public Task<TurnResult> CodeAsync(string prompt, TurnOptions? options = null, CancellationToken cancellationToken = default) =>
        BeginTurn(prompt, options, static _ => { }, cancellationToken, cancellationToken);

    public async IAsyncEnumerable<TurnEvent> StreamAsync(
        string prompt, TurnOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // A turn does not wait for its reader: it holds the session, and a reader may stop for good.
        var events = Channel.CreateUnbounded<TurnEvent>(new UnboundedChannelOptions { SingleReader = true });
        var turn = BeginTurn(prompt, options, turnEvent => events.Writer.TryWrite(turnEvent), abandoned.Token, cancellationToken);
        _ = turn.ContinueWith(static (_, channel) => ((Channel<TurnEvent>)channel!).Writer.Complete(), events, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            // Not canceled: the turn is, and then ends the channel.
            await foreach (var turnEvent in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false)) yield return turnEvent;
            await turn.ConfigureAwait(false);
        }
        finally
        {
            await abandoned.CancelAsync().ConfigureAwait(false);
            // Its failure has been thrown above, or nobody reads any more.
            await ((Task)turn).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Takes the place in the queue before it returns.
    private Task<TurnResult> BeginTurn(
        string prompt, TurnOptions? options, Action<TurnEvent> emit, CancellationToken stop, CancellationToken caller)
    {
        var turn = RunTurnAsync(prompt, options, emit, stop, caller);
        _turns.TryAdd(turn, true);
        _ = turn.ContinueWith(static (ended, turns) => ((System.Collections.Concurrent.ConcurrentDictionary<Task, bool>)turns!).TryRemove(ended, out bool _),
            _turns, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return turn;
    }

    private async Task<TurnResult> RunTurnAsync(
        string prompt, TurnOptions? options, Action<TurnEvent> tell, CancellationToken stop, CancellationToken caller)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(prompt);
        ThrowIfDisposed();
        var configuration = Apply(_opened.Agent, options);
        var agent = _services.AgentOf(configuration);
        agent.CheckConfiguration(configuration);

        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(stop, _ending.Token);
        try
        {
            using var queue = await TurnLock.AcquireAsync(_services.Layout.TurnLock(Id), _services.Time, interrupt.Token).ConfigureAwait(false);
            using var network = _network?.Tell(Emit);
            var (mark, room, state) = await MarkBusyAsync(prompt, interrupt.Token).ConfigureAwait(false);
            TurnLog.Began(_services.Log, Id, agent.Name, prompt.Length, room.Id);
            var turn = new TurnRun(_services, agent, configuration, Id, _paths, room)
            {
                OnPermission = options?.OnPermission,
                Files = Files,
                State = state.TryGetValue(agent.Name, out var saved) ? saved : null,
                SaveStateAsync = (state, token) => SaveAgentStateAsync(agent.Name, state, token),
            };
            // Whatever happens in the turn becomes an outcome: the session must not stay busy.
            var outcome = await turn.RunAsync(prompt, Emit, interrupt.Token).ConfigureAwait(false);
            if (network is not null) await network.CatchUpAsync().ConfigureAwait(false);
            await MarkDoneAsync(mark, prompt, outcome).ConfigureAwait(false);
            Failpoint.Hit(HostFailpoint.TurnDone);
            network?.Dispose();
            var result = outcome.Result;
            TurnLog.Ended(_services.Log, Id, agent.Name, result.Duration, result.Success, result.ErrorCode, result.Turns, result.InputTokens, result.OutputTokens);
            foreach (var path in result.FilesCreated) Emit(new FileCreated(path));
            foreach (var path in result.FilesChanged) Emit(new FileChanged(path));
            if (outcome.Interrupted) throw new OperationCanceledException($"The turn in session '{Id}' was interrupted.", interrupt.Token);
            Emit(new TurnCompleted(result));
            return result;
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            // Callers compare the token with their own.
            throw new OperationCanceledException($"The turn in session '{Id}' was interrupted.", caller);
        }

        void Emit(TurnEvent item)
        {
            TurnLog.Happened(_services.Log, Id, item);
            tell(item);
        }
    }

    private async Task<(TurnMark Mark, ISandbox Room, IReadOnlyDictionary<string, JsonElement> AgentState)> MarkBusyAsync(string prompt, CancellationToken cancellationToken)
    {
        using var locked = await LockAsync(cancellationToken).ConfigureAwait(false);
        var record = await _services.Rooms.ReconcileAsync(locked, locked.Read(_generation), ownsTurn: true).ConfigureAwait(false);
        record = await EnsureRoomAsync(locked, record, cancellationToken).ConfigureAwait(false);
        var mark = new TurnMark(SessionId.New(_services.Time), Cut(prompt), locked.Now);
        locked.WriteCounted(SessionTransitions.Move(record with { Turn = mark }, SessionState.Busy));
        Failpoint.Hit(HostFailpoint.TurnMarked);
        return (mark, _room!, record.AgentState);
    }

    private async Task MarkDoneAsync(TurnMark mark, string prompt, TurnOutcome outcome)
    {
        using var locked = await LockAsync(CancellationToken.None).ConfigureAwait(false);
        var record = locked.Read(_generation);
        outcome.WriteTo(locked, mark, prompt);
        Failpoint.Hit(HostFailpoint.TurnTold);
        // Whoever closed the session in between has recorded that.
        if (record.State != SessionState.Busy || record.Turn?.Id != mark.Id) locked.WriteCounted(record);
        else await _services.Rooms.ReconcileAsync(locked, locked.WriteCounted(SessionTransitions.Move(record, SessionState.Idle))).ConfigureAwait(false);
    }

    private async ValueTask SaveAgentStateAsync(string agent, JsonElement state, CancellationToken cancellationToken)
    {
        using var locked = await LockAsync(cancellationToken).ConfigureAwait(false);
        var record = locked.Read(_generation);
        locked.Write(record with { AgentState = new Dictionary<string, JsonElement>(record.AgentState) { [agent] = state.Clone() } });
    }

    private static AgentOptions Apply(AgentOptions agent, TurnOptions? options) => options is null
        ? agent
        : agent with
        {
            Model = options.Model ?? agent.Model,
            SystemPrompt = options.SystemPrompt ?? agent.SystemPrompt,
            MaxTurns = options.MaxTurns switch
            {
                null => agent.MaxTurns,
                >= 1 and var turns => (int)turns,
                var turns => throw new ArgumentOutOfRangeException(nameof(options), turns, "MaxTurns must be 1 or more."),
            },
            PermissionMode = options.PermissionMode ?? agent.PermissionMode,
            AllowedTools = options.AllowedTools ?? agent.AllowedTools,
            DisallowedTools = options.DisallowedTools ?? agent.DisallowedTools,
            TokenBudget = options.TokenBudget switch
            {
                null => agent.TokenBudget,
                >= 1 and var tokens => (long)tokens,
                var tokens => throw new ArgumentOutOfRangeException(nameof(options), tokens, "TokenBudget must be 1 or more."),
            },
        };

    private static string Cut(string prompt) => prompt.Length <= HistoryLog.MaxTextBytes ? prompt : prompt[..HistoryLog.MaxTextBytes];
}
