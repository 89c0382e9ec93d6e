using Stateroom.Native;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;
using Stateroom.Sandboxes.Guests;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Rooms of Linux namespaces, made by bubblewrap, with the guest as process 1.</summary>
internal sealed class BubblewrapRuntime : ISandboxRuntime
{
    public const string RuntimeName = "bubblewrap";

    private readonly RunDirectory _run;
    private readonly TimeProvider _time;
    private RoomLauncher? _launcher;
    private EtcDirectory? _etc;

    /// <param name="homeDirectory">Stateroom's home; rooms live under its <c>run/</c>.</param>
    /// <param name="time">The clock.</param>
    public BubblewrapRuntime(string homeDirectory, TimeProvider time)
    {
        (_run, _time) = (new RunDirectory(homeDirectory), time);
        MemoryGroupTable.Prepare();
    }

    public string Name => RuntimeName;

    /// <summary>Where the guests of rooms that are started from now on die (<see cref="RoomLauncher.GuestFailpoint"/>); null in use.</summary>
    public string? GuestFailpoint { get; set; }

    private EtcDirectory Etc => LazyInitializer.EnsureInitialized(ref _etc, () => new EtcDirectory(_run, _time));

    private RoomLauncher Launcher => LazyInitializer.EnsureInitialized(ref _launcher, () => new RoomLauncher(_run, Etc, _time) { GuestFailpoint = () => GuestFailpoint });

    public Task<IReadOnlyList<HostFinding>> CheckHostAsync(CancellationToken cancellationToken = default) => HostChecks.RunAsync(cancellationToken);

    public async Task<ISandbox> StartAsync(SandboxSpec spec, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var room = Launcher.Launch(spec);
        try
        {
            return await GuestSandbox.ConnectAsync(EndpointOf(room.Directory, spec, room.Report), cancellationToken, _time).ConfigureAwait(false);
        }
        catch (SandboxLostException lost)
        {
            throw await ExplainAsync(room, spec, lost).ConfigureAwait(false);
        }
        catch
        {
            await RoomKiller.KillAsync(room.Directory, CancellationToken.None).ConfigureAwait(false);
            room.Directory.Remove();
            throw;
        }
    }

    public async Task<ISandbox?> AdoptAsync(SandboxSpec spec, CancellationToken cancellationToken = default)
    {
        var room = _run.Room(spec.SandboxId);
        if (!room.IsAlive() || RoomRecord.Read(room) is not { } record) return null;
        try
        {
            return await GuestSandbox.ConnectAsync(EndpointOf(room, spec, record.Report), cancellationToken, _time).ConfigureAwait(false);
        }
        catch (SandboxLostException) when (!room.IsAlive())
        {
            return null;
        }
    }

    public bool IsAlive(string sandboxId) => _run.Room(sandboxId).IsAlive();

    public async Task KillAsync(string sandboxId, CancellationToken cancellationToken = default)
    {
        var room = _run.Room(sandboxId);
        await RoomKiller.KillAsync(room, cancellationToken).ConfigureAwait(false);
        room.Remove();
    }

    public SandboxEndRecord? ReadEnd(string sandboxId)
    {
        var room = _run.Room(sandboxId);
        return !Directory.Exists(room.Path) || room.IsAlive() ? null : RoomEnd.Read(room, _time.GetUtcNow());
    }

    public Task<IReadOnlyList<string>> SweepAsync(Func<string, bool> belongs, CancellationToken cancellationToken = default) =>
        RoomSweeper.SweepAsync(_run, Etc, belongs, cancellationToken);

    // The connection may be gone before the lock is free, so this asks for the record alone.
    private GuestEndpoint EndpointOf(RoomDirectory room, SandboxSpec spec, SandboxReport report) =>
        new(spec.SandboxId, room.Socket, spec.Executions, spec.Options.Retention.MaxBytesPerExecution, report, () => RoomEnd.Read(room, _time.GetUtcNow()).End);

    private static async Task<SandboxStartException> ExplainAsync(LaunchedRoom room, SandboxSpec spec, SandboxLostException lost)
    {
        // If only the connection broke, the room would live on with nobody to know of it.
        await RoomKiller.KillAsync(room.Directory, CancellationToken.None).ConfigureAwait(false);
        await room.MonitorEnded.ConfigureAwait(false);
        var (cause, remedy) = StartFailure.Explain(room.Directory.ReadLog(), spec.HostUid ?? Libc.geteuid());
        room.Directory.Remove();
        return new SandboxStartException($"Sandbox '{spec.SandboxId}' was not started: {cause}. {remedy}", lost);
    }
}
