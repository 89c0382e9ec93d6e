namespace Stateroom;

/// <summary>
/// What isolates: starts rooms and finds them again. Every runtime passes the same conformance suite.
/// </summary>
public interface ISandboxRuntime
{
    /// <summary>The name users choose it by, such as <c>bubblewrap</c>.</summary>
    string Name { get; }

    /// <summary>Looks whether this host can run rooms, by starting one where that is the only valid probe.</summary>
    /// <param name="cancellationToken">Cancels the look.</param>
    /// <returns>One finding per thing looked at.</returns>
    Task<IReadOnlyList<HostFinding>> CheckHostAsync(CancellationToken cancellationToken = default);

    /// <summary>Starts a room. When it returns, the guest has answered.</summary>
    /// <param name="spec">What to start.</param>
    /// <param name="cancellationToken">Cancels the start; nothing is left behind.</param>
    /// <exception cref="SandboxStartException">The host cannot give it; says what and the way out.</exception>
    Task<ISandbox> StartAsync(SandboxSpec spec, CancellationToken cancellationToken = default);

    /// <summary>Connects to a living room that this process or another one started.</summary>
    /// <param name="spec">The specification it was started with.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Null if the room has ended.</returns>
    /// <exception cref="ProtocolMismatchException">The room was started by a version that speaks another protocol.</exception>
    Task<ISandbox?> AdoptAsync(SandboxSpec spec, CancellationToken cancellationToken = default);

    /// <summary>Whether the room lives. Does not disturb its idle clock.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    bool IsAlive(string sandboxId);

    /// <summary>Ends a room by force, without its guest's help, and removes what it left. Does nothing if it has ended.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task KillAsync(string sandboxId, CancellationToken cancellationToken = default);

    /// <summary>How a room ended, from the record that its guest left.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <returns>Null if it lives or was never known here.</returns>
    SandboxEndRecord? ReadEnd(string sandboxId);

    /// <summary>Removes what rooms that have ended left on disk, and ends rooms that belong to no session.</summary>
    /// <param name="belongs">Whether a living sandbox, by its id, belongs to someone.</param>
    /// <param name="cancellationToken">Cancels the sweep.</param>
    /// <returns>What was removed or ended, one line each.</returns>
    Task<IReadOnlyList<string>> SweepAsync(Func<string, bool> belongs, CancellationToken cancellationToken = default);
}

/// <summary>Everything a runtime needs to start a room.</summary>
public sealed record SandboxSpec
{
    /// <value>The sandbox's id; names its directory under <c>run/</c>.</value>
    public required string SandboxId { get; init; }

    /// <value>Host directory that becomes /workspace, read-write.</value>
    public required HostPath Workspace { get; init; }

    /// <value>Host directory that becomes /home/room, read-write.</value>
    public required HostPath Home { get; init; }

    /// <value>Host directory with the programs of agents, read-only at /opt/stateroom/agents. Null means none.</value>
    public HostPath? Agents { get; init; }

    /// <value>Host-only directory where the logs of execs are written.</value>
    public required HostPath Executions { get; init; }

    /// <value>The host user id that the room runs under. Null means the caller's own, which must not be 0.</value>
    public uint? HostUid { get; init; }

    /// <value>Whether the room outlives its last connection.</value>
    public bool KeepRunning { get; init; }

    /// <value>The user's options.</value>
    public SandboxOptions Options { get; init; } = new();
}

/// <summary>The record of an end.</summary>
/// <param name="At">When, UTC; for <see cref="SandboxEndReason.Lost"/> when it was found.</param>
/// <param name="End">Why.</param>
public sealed record SandboxEndRecord(DateTimeOffset At, SandboxEnd End);

/// <summary>How serious a <see cref="HostFinding"/> is.</summary>
public enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Rooms work, something wished for is missing.</summary>
    Warning,

    /// <summary>Rooms do not work.</summary>
    Error,
}

/// <summary>One thing that was looked at on this host.</summary>
/// <param name="Check">A stable name, such as <c>user-namespaces</c>.</param>
/// <param name="Level">How serious it is.</param>
/// <param name="Message">What was found.</param>
/// <param name="Remedy">What to do; null when nothing is needed.</param>
public sealed record HostFinding(string Check, FindingLevel Level, string Message, string? Remedy = null);
