using Stateroom.Workspaces;

namespace Stateroom.Tests.Faults;

/// <summary>A home for one death.</summary>
internal sealed class FaultHome : IDisposable
{
    public string Path { get; } = $"/tmp/stateroom-test-{Guid.NewGuid():N}";

    public void Dispose() => TreeRemover.Remove(Path);
}
