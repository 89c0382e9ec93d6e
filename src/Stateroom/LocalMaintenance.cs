using Stateroom.Sessions;

namespace Stateroom;

/// <summary>Care for the sessions of this host: what <c>stateroom doctor</c> does.</summary>
/// <param name="options">The same options as <see cref="StateroomHost.Local"/>; null means the defaults.</param>
public sealed class LocalMaintenance(StateroomLocalOptions? options = null)
{
    private readonly LocalServices _services = new(options ?? new StateroomLocalOptions());

    /// <summary>Rebuilds the damaged or missing metadata of a session from its directory and history. A session that is whole stays as it is.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the repair; the session stays damaged.</param>
    /// <returns>What was found and done, one line each; empty if nothing was wrong.</returns>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    /// <exception cref="SessionNotFoundException">There is nothing of that id.</exception>
    public Task<IReadOnlyList<string>> RepairAsync(string id, CancellationToken cancellationToken = default)
    {
        SessionId.Check(id);
        _services.EnsureHome();
        return SessionRepair.RepairAsync(_services, id, cancellationToken);
    }

    /// <summary>Finds directories with the metadata of a session whose session.json is gone: they are no sessions, and <see cref="RepairAsync"/> makes
    /// them such again.</summary>
    /// <param name="cancellationToken">Cancels the look.</param>
    /// <returns>Their ids, sorted.</returns>
    public Task<IReadOnlyList<string>> FindLeftoversAsync(CancellationToken cancellationToken = default)
    {
        _services.EnsureHome();
        return Task.Run(() => SessionRepair.FindLeftovers(_services, cancellationToken), cancellationToken);
    }

    /// <summary>Removes what killed processes and interrupted clean-ups left, records rooms that have ended, and ends rooms that belong to no session.</summary>
    /// <param name="cancellationToken">Cancels the sweep between two steps.</param>
    /// <returns>What was done, one line each; empty if there was nothing to do.</returns>
    public async Task<IReadOnlyList<string>> SweepAsync(CancellationToken cancellationToken = default)
    {
        _services.EnsureHome();
        return await LocalSweep.RunAsync(_services, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks whether this host can run rooms, with every runtime there is.</summary>
    /// <param name="cancellationToken">Cancels the look.</param>
    /// <returns>One finding per thing looked at.</returns>
    public async Task<IReadOnlyList<HostFinding>> CheckHostAsync(CancellationToken cancellationToken = default)
    {
        _services.EnsureHome();
        var findings = new List<HostFinding>();
        foreach (var runtime in _services.Rooms.All)
            findings.AddRange(await runtime.CheckHostAsync(cancellationToken).ConfigureAwait(false));
        return findings;
    }
}
