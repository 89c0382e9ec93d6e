using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Stateroom.Execution;
using Stateroom.Files;
using Stateroom.Native;
using Stateroom.Network;

namespace Stateroom.Sessions;

/// <summary>A handle to a session on this host. Turns are driven in the other part of this class.</summary>
internal sealed partial class LocalSession : ISession
{
    private readonly LocalServices _services;
    private readonly SessionPaths _paths;
    private readonly SessionRecorder _recorder;
    private readonly SessionRetention _retention;
    private readonly SessionNetwork? _network;
    private readonly long _generation;
    private readonly bool _keepRunning;
    private readonly FileLock? _owner;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<Task, bool> _turns = new();
    private readonly Lock _sync = new();
    private SessionRecord _opened;
    private CountingSandbox? _room;
    private Task? _disposal;

    /// <param name="services">The host's services.</param>
    /// <param name="record">The record as it was opened.</param>
    /// <param name="sandbox">Its living room; owned from now on.</param>
    /// <param name="keepRunning">Whether rooms of this handle outlive it.</param>
    /// <param name="owner">The lock that makes this handle the owner of an ephemeral session; null for a persistent one.</param>
    public LocalSession(LocalServices services, SessionRecord record, ISandbox sandbox, bool keepRunning, FileLock? owner)
    {
        _services = services;
        _opened = record;
        _generation = record.Generation;
        _keepRunning = keepRunning;
        _owner = owner;
        _paths = services.Layout.Session(record.SessionId);
        _recorder = new SessionRecorder(new HistoryLog(_paths.History, services.Time), services.Time, WriteCountersAsync);
        _retention = new SessionRetention(services.RetentionOf(record));
        _network = SessionNetwork.Of(services, record);
        _room = Connect(sandbox, record);
        Files = new LocalFiles(services, record.SessionId, record.Generation);
    }

    /// <summary>Called once when the handle has been disposed.</summary>
    public Action? Disposed { get; set; }

    public string Id => _opened.SessionId;

    public bool IsPersistent => _opened.Persistent;

    public HostPath? WorkspacePath => new HostPath(_paths.Workspace);

    public ISessionFiles Files { get; }

    public ISandbox Sandbox
    {
        get
        {
            ThrowIfDisposed();
            return Volatile.Read(ref _room) is { Ended.IsCompleted: false } room ? room : throw new SessionClosedException(Id);
        }
    }

    public async Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        await Sandbox.ExecAsync(argv, options, cancellationToken).ConfigureAwait(false);

    public async Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        await Sandbox.RunAsync(line, options, cancellationToken).ConfigureAwait(false);

    public async Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        await Sandbox.StartAsync(argv, options, cancellationToken).ConfigureAwait(false);

    public async Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default) =>
        await Sandbox.OpenShellAsync(options, cancellationToken).ConfigureAwait(false);

    public Task<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default) => Task.Run(() =>
    {
        try
        {
            if (_services.Store.Read(Id).Generation == _generation) return _services.Report.Get(Id);
        }
        catch (SessionNotFoundException)
        {
            // Told below, with what this handle knew.
        }
        return _services.Report.Build(_opened, SessionState.Deleted);
    }, cancellationToken);

    public IAsyncEnumerable<HistoryEntry> ReadHistoryAsync(CancellationToken cancellationToken = default)
    {
        CheckExists();
        return HistoryReader.ReadAsync(_paths.History, cancellationToken);
    }

    public async IAsyncEnumerable<SessionMessage> ReadMessagesAsync(
        MessageQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CheckExists();
        var messages = await Task.Run(() => MessageLog.Read(Id, _paths.Messages, query), cancellationToken).ConfigureAwait(false);
        foreach (var message in messages) yield return message;
    }

    public async Task<long> CountMessagesAsync(CancellationToken cancellationToken = default)
    {
        CheckExists();
        return await Task.Run(() => MessageLog.Read(Id, _paths.Messages).Messages.Count, cancellationToken).ConfigureAwait(false);
    }

    public async Task<long> ClearMessagesAsync(CancellationToken cancellationToken = default)
    {
        CheckExists();
        using var queue = await TurnLock.AcquireAsync(_services.Layout.TurnLock(Id), _services.Time, cancellationToken).ConfigureAwait(false);
        using var locked = await LockAsync(cancellationToken).ConfigureAwait(false);
        var record = locked.Read(_generation);
        // First what agents saved: an agent that remembers what nobody can read any more would be worse than one that forgot.
        if (record.AgentState.Count > 0) locked.Write(record with { AgentState = new Dictionary<string, JsonElement>() });
        return MessageLog.Clear(Id, _paths.Messages, _services.Time);
    }

    public async IAsyncEnumerable<NetworkDecision> ReadNetworkDecisionsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        CheckExists();
        foreach (var decision in await Task.Run(() => NetworkLog.Read(_paths.Network), cancellationToken).ConfigureAwait(false)) yield return decision;
    }

    public IAsyncEnumerable<ExecutionInfo> ListExecutionsAsync(CancellationToken cancellationToken = default)
    {
        CheckExists();
        return _services.ListExecutionsAsync(_opened, cancellationToken);
    }

    public IAsyncEnumerable<OutputChunk> ReadRecordedOutputAsync(string executionId, OutputOffsets from = default, CancellationToken cancellationToken = default)
    {
        CheckExists();
        return RecordedOutput.ReadAsync(_paths.Executions, executionId, OutputPosition.Check(from), follow: false, _services.Time, cancellationToken);
    }

    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        using (var locked = await LockAsync(cancellationToken).ConfigureAwait(false))
            await _services.CloseAsync(locked, locked.Read(_generation), cancellationToken).ConfigureAwait(false);
        await SwapAsync(null).ConfigureAwait(false);
    }

    public async Task RestoreAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        using var locked = await LockAsync(cancellationToken).ConfigureAwait(false);
        await EnsureRoomAsync(locked, await _services.Rooms.ReconcileAsync(locked, locked.Read(_generation)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        lock (_sync) return new ValueTask(_disposal ??= DisposeOnceAsync());
    }

    private async Task DisposeOnceAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _ending.CancelAsync().ConfigureAwait(false);
        // Their callers get the failures; here they only have to be over.
        await Task.WhenAll(_turns.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await _recorder.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            try
            {
                await SwapAsync(null).ConfigureAwait(false);
                await _retention.DisposeAsync().ConfigureAwait(false);
                if (_owner is null && !_keepRunning) await LastHandle.RecordEndAsync(_services, Id, _generation, _opened.BoxId!).ConfigureAwait(false);
                if (_owner is not null) await EphemeralSessions.RemoveAsync(_services, Id).ConfigureAwait(false);
            }
            finally
            {
                _owner?.Dispose();
                Disposed?.Invoke();
            }
        }
    }

    /// <summary>Begins to bring the records of earlier rooms within their bounds.</summary>
    public void BeginRetention() => _retention.Begin();

    /// <summary>Connects this handle to the session's room; a closed session gets a new one.</summary>
    private async Task<SessionRecord> EnsureRoomAsync(LockedSession locked, SessionRecord record, CancellationToken cancellationToken)
    {
        if (record.State is SessionState.Idle or SessionState.Busy && _room is { } room && room.Id == record.BoxId && await AnswersAsync(room, cancellationToken).ConfigureAwait(false)) return record;
        (record, var sandbox) = await _services.Rooms.EnsureAsync(locked, record, _keepRunning, cancellationToken).ConfigureAwait(false);
        if (record.BoxId != _opened.BoxId) _retention.Begin();
        _opened = record;
        await SwapAsync(Connect(sandbox, record)).ConfigureAwait(false);
        return record;
    }

    private CountingSandbox Connect(ISandbox sandbox, SessionRecord record) =>
        new(sandbox, _recorder, _retention, record.Notes) { Service = _network?.Serve(sandbox) };

    // Asked, not remembered: the news of a room's end may still be on its way to this handle.
    private static async Task<bool> AnswersAsync(CountingSandbox room, CancellationToken cancellationToken)
    {
        try
        {
            await room.PingAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SandboxLostException)
        {
            return false;
        }
    }

    private async Task SwapAsync(CountingSandbox? room)
    {
        if (Interlocked.Exchange(ref _room, room) is { } old) await old.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<LockedSession> LockAsync(CancellationToken cancellationToken)
    {
        CheckExists();
        return await _services.Store.LockAsync(Id, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteCountersAsync()
    {
        if (!_services.Exists(Id)) return;
        using var locked = await _services.Store.LockAsync(Id, CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (locked.TryRead() is { } record && record.Generation == _generation) locked.WriteCounted(record);
        }
        catch (CorruptSessionException)
        {
            // There is nothing to count into; a repair counts the history.
        }
    }

    private void CheckExists()
    {
        if (!_services.Exists(Id)) throw new SessionNotFoundException(Id);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
}
