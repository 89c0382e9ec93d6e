using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Network;
using Stateroom.Network.Proxy;

namespace Stateroom.Sessions;

/// <summary>The live side of sessions: finds, starts and ends their sandboxes. Whatever writes takes a locked session.</summary>
internal sealed class Rooms(SessionStore store, IReadOnlyDictionary<string, ISandboxRuntime> runtimes)
{
    public const string DefaultRuntime = "bubblewrap";

    // How long an orderly end may take before the room is ended by force.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    // A room that goes is gone in a few milliseconds; nothing tells of it but a look.
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(2), LookAgain = TimeSpan.FromMilliseconds(2);

    public IEnumerable<ISandboxRuntime> All => runtimes.Values;

    /// <exception cref="SandboxStartException">This host has no such runtime.</exception>
    public ISandboxRuntime RuntimeOf(SandboxOptions options) =>
        runtimes.TryGetValue(options.Runtime ?? DefaultRuntime, out var runtime)
            ? runtime
            : throw new SandboxStartException(
                $"There is no runtime '{options.Runtime ?? DefaultRuntime}' here. This host has: {string.Join(", ", runtimes.Keys.Order(StringComparer.Ordinal))}.");

    public bool IsAlive(SessionRecord record) =>
        record.BoxId is { } box && runtimes.TryGetValue(record.Sandbox.Runtime ?? DefaultRuntime, out var runtime) && runtime.IsAlive(box);

    /// <summary>Brings the record in line with what lives, and records what was found: an ended room, a turn whose process died.</summary>
    /// <param name="session">The locked session.</param>
    /// <param name="record">Its record.</param>
    /// <param name="ownsTurn">True if the caller holds the turn's lock.</param>
    public async Task<SessionRecord> ReconcileAsync(LockedSession session, SessionRecord record, bool ownsTurn = false)
    {
        if (record.State is SessionState.Closed or SessionState.Failed) return record;
        // Without its runtime nobody can say whether a room lives: then nothing is recorded.
        var runtime = RuntimeOf(record.Sandbox);
        var abandoned = record.State == SessionState.Busy && (ownsTurn || !FileLock.IsHeld(store.Layout.TurnLock(session.Id)));
        var isAlive = IsAlive(record);
        if (isAlive && !abandoned && record.State != SessionState.Init) return record;
        // Who was killed between the two has written into the history what the record does not have yet.
        var told = HistoryTally.Take(session.Paths.History, record.HistoryOffset);
        if (abandoned && (record.Turn is not { } turn || told.EndedTurn != turn.Id)) TellInterrupted(session, record.Turn);
        var isTold = record.State != SessionState.Init || told.StartedBox == record.BoxId;
        if (!isAlive)
        {
            // A room that nobody was told of did not begin, so that it does not end either.
            if (!isTold || told.ClosedBox == record.BoxId) return await RecordClosedAsync(session, record).ConfigureAwait(false);
            var end = record.BoxId is { } box ? runtime.ReadEnd(box) : null;
            return await WriteClosedAsync(session, record, end?.End.Reason ?? SandboxEndReason.Lost, end?.At ?? session.Now, end?.End.Detail).ConfigureAwait(false);
        }
        // Under our lock nobody is starting it: a room that lives has been started.
        if (!isTold) TellRestored(session, record);
        return session.WriteCounted(SessionTransitions.Move(record, SessionState.Idle));
    }

    /// <summary>Gives a reconciled session its room: the living one, or a new one.</summary>
    public async Task<(SessionRecord Record, ISandbox Sandbox)> EnsureAsync(
        LockedSession session, SessionRecord record, bool keepRunning, CancellationToken cancellationToken)
    {
        var runtime = RuntimeOf(record.Sandbox);
        if (record.State is SessionState.Idle or SessionState.Busy)
        {
            // A workspace that was removed by hand is gone for the room too: it needs a new mount.
            var removed = HostFile.TryStat(session.Paths.Workspace) is null;
            if (!removed && await AdoptAsync(runtime, Spec(session, record, keepRunning), cancellationToken).ConfigureAwait(false) is { } living)
            {
                if (keepRunning) await living.KeepRunningAsync(cancellationToken).ConfigureAwait(false);
                return (record, living);
            }
            record = removed
                ? await CloseAsync(session, record, cancellationToken).ConfigureAwait(false)
                : await ReconcileAsync(session, record).ConfigureAwait(false);
        }
        return await RestoreAsync(session, record, runtime, keepRunning, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends a room and records it. Does nothing to a closed session.</summary>
    public async Task<SessionRecord> CloseAsync(LockedSession session, SessionRecord record, CancellationToken cancellationToken)
    {
        record = await ReconcileAsync(session, record).ConfigureAwait(false);
        if (record.State is SessionState.Closed or SessionState.Failed) return record;
        await EndAsync(session, record, cancellationToken).ConfigureAwait(false);
        return await WriteClosedAsync(session, record, SandboxEndReason.Stopped, session.Now, null).ConfigureAwait(false);
    }

    /// <summary>Ends a room: in order if its guest answers, else by force. Returns when it is gone.</summary>
    public async Task EndAsync(LockedSession session, SessionRecord record, CancellationToken cancellationToken)
    {
        if (record.BoxId is not { } box) return;
        var runtime = RuntimeOf(record.Sandbox);
        if (runtime.IsAlive(box)) await StopAsync(runtime, Spec(session, record, keepRunning: false), cancellationToken).ConfigureAwait(false);
        // Ends what would not end, and removes what is left of it.
        await runtime.KillAsync(box, cancellationToken).ConfigureAwait(false);
    }

    private async Task StopAsync(ISandboxRuntime runtime, SandboxSpec spec, CancellationToken cancellationToken)
    {
        using var grace = new CancellationTokenSource(StopGrace, store.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, cancellationToken);
        try
        {
            if (await runtime.AdoptAsync(spec, either.Token).ConfigureAwait(false) is { } sandbox)
            {
                await using (sandbox.ConfigureAwait(false))
                    await sandbox.StopAsync(either.Token).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is StateroomException or IOException ||
            (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It is ended by force next, and that throws if it does not succeed.
        }
    }

    /// <summary>Starts the room of a record whose state is <see cref="SessionState.Init"/>.</summary>
    public Task<ISandbox> StartAsync(LockedSession session, SessionRecord record, bool keepRunning, CancellationToken cancellationToken) =>
        StartAsync(RuntimeOf(record.Sandbox), Spec(session, record, keepRunning), cancellationToken);

    private static async Task<ISandbox> StartAsync(ISandboxRuntime runtime, SandboxSpec spec, CancellationToken cancellationToken)
    {
        var sandbox = await runtime.StartAsync(spec, cancellationToken).ConfigureAwait(false);
        if (spec.Options.Network.Policy == NetworkPolicy.None || sandbox is IListeningSandbox) return sandbox;
        await using (sandbox.ConfigureAwait(false)) await sandbox.StopAsync(CancellationToken.None).ConfigureAwait(false);
        throw new SandboxStartException($"Runtime '{runtime.Name}' has no way to enforce the network policy 'allow'. Use the policy 'none', or the runtime '{DefaultRuntime}'.");
    }

    private async Task<(SessionRecord, ISandbox)> RestoreAsync(
        LockedSession session, SessionRecord closed, ISandboxRuntime runtime, bool keepRunning, CancellationToken cancellationToken)
    {
        HomeSetup.CheckReachable(store.Layout.Home);
        new SessionFiles(session.Paths, closed.HostUid).Complete();
        // Written before the start: a room that lives always belongs to a session.
        var starting = session.Write(SessionTransitions.Move(closed, SessionState.Init) with { BoxId = SessionId.New(store.Time) });
        Failpoint.Hit(HostFailpoint.RestoreBegun);
        ISandbox sandbox;
        try
        {
            sandbox = await StartAsync(runtime, Spec(session, starting, keepRunning), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            session.Write(SessionTransitions.Move(starting, SessionState.Closed) with { BoxId = closed.BoxId });
            throw;
        }
        try
        {
            Failpoint.Hit(HostFailpoint.RestoreRunning);
            TellRestored(session, starting);
            Failpoint.Hit(HostFailpoint.RestoreTold);
            var restored = session.WriteCounted(SessionTransitions.Move(starting, SessionState.Idle));
            Failpoint.Hit(HostFailpoint.Restored);
            return (restored, sandbox);
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Null once the room has really ended: one that is just going (its last handle went) still counts as alive for a moment.
    private async Task<ISandbox?> AdoptAsync(ISandboxRuntime runtime, SandboxSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            if (await runtime.AdoptAsync(spec, cancellationToken).ConfigureAwait(false) is { } living) return living;
        }
        catch (SandboxLostException)
        {
            // It went between the look and the connection.
        }
        var since = store.Time.GetTimestamp();
        while (runtime.IsAlive(spec.SandboxId))
        {
            if (store.Time.GetElapsedTime(since) > GoneWithin) await runtime.KillAsync(spec.SandboxId, cancellationToken).ConfigureAwait(false);
            else await Task.Delay(LookAgain, store.Time, cancellationToken).ConfigureAwait(false);
        }
        return null;
    }

    private async Task<SessionRecord> WriteClosedAsync(LockedSession session, SessionRecord record, SandboxEndReason reason, DateTimeOffset at, string? detail)
    {
        Failpoint.Hit(HostFailpoint.CloseEnded);
        session.Append(HistoryActions.Closed, json =>
        {
            json.WriteString("box_id"u8, record.BoxId);
            json.WriteString("reason"u8, Word(reason));
            if (detail is not null) HistoryLog.WriteCut(json, "detail"u8, detail);
        }, at);
        Failpoint.Hit(HostFailpoint.CloseTold);
        return await RecordClosedAsync(session, record).ConfigureAwait(false);
    }

    private async Task<SessionRecord> RecordClosedAsync(LockedSession session, SessionRecord record)
    {
        var written = session.WriteCounted(SessionTransitions.Move(record, SessionState.Closed));
        HostFile.SyncDirectory(session.Paths.Metadata);
        Failpoint.Hit(HostFailpoint.CloseRecorded);
        // How the room ended is recorded; what is left of it can go.
        if (record.BoxId is { } box) await RuntimeOf(record.Sandbox).KillAsync(box, CancellationToken.None).ConfigureAwait(false);
        return written;
    }

    private static void TellRestored(LockedSession session, SessionRecord record) =>
        session.Append(HistoryActions.Restored, json => json.WriteString("box_id"u8, record.BoxId));

    private static void TellInterrupted(LockedSession session, TurnMark? turn) => session.Append(HistoryActions.TurnInterrupted, json =>
    {
        HistoryLog.WriteCut(json, "prompt"u8, turn?.Prompt ?? "");
        if (turn is not null) json.WriteString("turn_id"u8, turn.Id);
    });

    private static string Word(SandboxEndReason reason) => reason switch
    {
        SandboxEndReason.Stopped => "stopped",
        SandboxEndReason.Idle => "idle",
        SandboxEndReason.LastHandleGone => "last_handle",
        _ => "lost",
    };

    private SandboxSpec Spec(LockedSession session, SessionRecord record, bool keepRunning) => new()
    {
        SandboxId = record.BoxId!,
        Workspace = new HostPath(session.Paths.Workspace),
        Home = new HostPath(session.Paths.Home),
        Agents = new HostPath(store.Layout.Agents),
        Executions = new HostPath(session.Paths.Executions),
        HostUid = record.HostUid,
        KeepRunning = keepRunning,
        Options = ProxyEnvironment.AddTo(record.Sandbox),
    };
}
