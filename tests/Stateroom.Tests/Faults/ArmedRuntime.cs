using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Faults;

/// <summary>Rooms of bubblewrap, the first of which dies at a failpoint; remembers where the guests said that they died.</summary>
internal sealed class ArmedRuntime(string home, string failpoint) : ISandboxRuntime
{
    private readonly BubblewrapRuntime _inner = new(home, TimeProvider.System) { GuestFailpoint = failpoint };

    public string? DiedAt { get; private set; }

    public string Name => _inner.Name;

    public async Task<ISandbox> StartAsync(SandboxSpec spec, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _inner.StartAsync(spec, cancellationToken);
        }
        catch (SandboxStartException failure)
        {
            var at = failure.Message.IndexOf("failpoint ", StringComparison.Ordinal);
            if (at >= 0) DiedAt = failure.Message[at..].Split('\'')[0];
            throw;
        }
        finally
        {
            _inner.GuestFailpoint = null;
        }
    }

    public Task<ISandbox?> AdoptAsync(SandboxSpec spec, CancellationToken cancellationToken = default) => _inner.AdoptAsync(spec, cancellationToken);

    public bool IsAlive(string sandboxId) => _inner.IsAlive(sandboxId);

    public Task KillAsync(string sandboxId, CancellationToken cancellationToken = default)
    {
        // What is left of a room goes with this; a last look at what its guest said.
        var log = $"{home}/run/{sandboxId}/guest.log";
        if (File.Exists(log) && File.ReadAllLines(log).LastOrDefault(line => line.StartsWith("failpoint ", StringComparison.Ordinal)) is { } line) DiedAt = line;
        return _inner.KillAsync(sandboxId, cancellationToken);
    }

    public SandboxEndRecord? ReadEnd(string sandboxId) => _inner.ReadEnd(sandboxId);

    public Task<IReadOnlyList<string>> SweepAsync(Func<string, bool> belongs, CancellationToken cancellationToken = default) => _inner.SweepAsync(belongs, cancellationToken);

    public Task<IReadOnlyList<HostFinding>> CheckHostAsync(CancellationToken cancellationToken = default) => _inner.CheckHostAsync(cancellationToken);
}
