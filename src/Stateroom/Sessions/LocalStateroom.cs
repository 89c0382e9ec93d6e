using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Stateroom.Execution;
using Stateroom.Files;
using Stateroom.Network;

namespace Stateroom.Sessions;

/// <summary>Sessions on this host.</summary>
internal sealed class LocalStateroom(LocalServices services) : IStateroom
{
    private readonly ConcurrentDictionary<LocalSession, bool> _open = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _sync = new();
    private Task? _start;
    private Task _trash = Task.CompletedTask;
    private int _disposed;

    public async Task<ISession> CreateAsync(string? id = null, SessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (id is not null) SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        return Keep(await SessionCreation.CreateAsync(services, id, options ?? SessionOptions.Default, cancellationToken).ConfigureAwait(false));
    }

    public async Task<ISession> OpenAsync(string id, OpenOptions? options = null, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        // A lock file for every mistyped id would stay for ever.
        if (!services.Exists(id)) throw new SessionNotFoundException(id);
        using var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false);
        return Keep(await SessionOpening.OpenAsync(services, locked, options ?? OpenOptions.Default, cancellationToken).ConfigureAwait(false));
    }

    public async Task<ISession> OpenOrCreateAsync(string id, SessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        options ??= SessionOptions.Default;
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        using var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false);
        return Keep(locked.TryRead() is null
            ? await SessionCreation.CreateAsync(services, locked, options, owner: null, cancellationToken).ConfigureAwait(false)
            : await SessionOpening.OpenAsync(services, locked, options.Open, cancellationToken).ConfigureAwait(false));
    }

    public async Task<SessionInfo> GetAsync(string id, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        return services.Report.Get(id);
    }

    public async IAsyncEnumerable<SessionInfo> ListAsync(SessionQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        foreach (var info in await SessionListing.ListAsync(services, query ?? new SessionQuery(), cancellationToken).ConfigureAwait(false))
            yield return info;
    }

    public async IAsyncEnumerable<HistoryEntry> ReadHistoryAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (!services.Exists(id)) throw new SessionNotFoundException(id);
        await foreach (var entry in HistoryReader.ReadAsync(services.Layout.Session(id).History, cancellationToken).ConfigureAwait(false))
            yield return entry;
    }

    public async IAsyncEnumerable<SessionMessage> ReadMessagesAsync(
        string id, MessageQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (!services.Exists(id)) throw new SessionNotFoundException(id);
        var messages = await Task.Run(() => MessageLog.Read(id, services.Layout.Session(id).Messages, query), cancellationToken).ConfigureAwait(false);
        foreach (var message in messages) yield return message;
    }

    public async IAsyncEnumerable<NetworkDecision> ReadNetworkDecisionsAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (!services.Exists(id)) throw new SessionNotFoundException(id);
        var path = services.Layout.Session(id).Network;
        foreach (var decision in await Task.Run(() => NetworkLog.Read(path), cancellationToken).ConfigureAwait(false)) yield return decision;
    }

    public async IAsyncEnumerable<ExecutionInfo> ListExecutionsAsync(string id, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var execution in services.ListExecutionsAsync(services.Store.Read(id), cancellationToken).ConfigureAwait(false)) yield return execution;
    }

    public async IAsyncEnumerable<OutputChunk> ReadRecordedOutputAsync(
        string id, string executionId, OutputOffsets from = default, bool follow = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        OutputPosition.Check(from);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (!services.Exists(id)) throw new SessionNotFoundException(id);
        var directory = services.Layout.Session(id).Executions;
        await foreach (var piece in RecordedOutput.ReadAsync(directory, executionId, from, follow, services.Time, cancellationToken).ConfigureAwait(false))
            yield return piece;
    }

    public async Task<ISessionFiles> OpenFilesAsync(string id, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        var record = services.Store.Read(id);
        // An ephemeral session is its one handle.
        return record.Persistent ? new LocalFiles(services, id, record.Generation) : throw new SessionNotFoundException(id);
    }

    public async Task CloseAsync(string id, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (!services.Exists(id)) throw new SessionNotFoundException(id);
        using var locked = await services.Store.LockAsync(id, cancellationToken).ConfigureAwait(false);
        await services.CloseAsync(locked, locked.Read(), cancellationToken).ConfigureAwait(false);
    }

    public async Task CleanUpAsync(string id, bool removeWorkspace, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        await ReadyAsync(cancellationToken).ConfigureAwait(false);
        if (services.Exists(id)) await SessionRemoval.CleanUpAsync(services, id, removeWorkspace, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_open.Keys.Select(session => session.DisposeAsync().AsTask())).ConfigureAwait(false);
        Task trash;
        lock (_sync) trash = _trash;
        await trash.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed == 1, this);
        Task start;
        lock (_sync)
        {
            // A start that failed is tried again by the next call.
            if (_start is null or { IsFaulted: true } or { IsCanceled: true }) _start = StartAsync();
            start = _start;
        }
        await start.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task StartAsync()
    {
        services.EnsureHome();
        await EphemeralSessions.SweepAsync(services, [], _ending.Token).ConfigureAwait(false);
        // Large trees take a while to remove, and nobody has to wait for it.
        lock (_sync) _trash = EmptyTrashAsync();
    }

    private async Task EmptyTrashAsync()
    {
        try
        {
            await SessionRemoval.EmptyTrashAsync(services.Layout, [], _ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The next host object goes on.
        }
    }

    private LocalSession Keep(LocalSession session)
    {
        _open.TryAdd(session, true);
        session.Disposed = () => _open.TryRemove(session, out _);
        return session;
    }
}
