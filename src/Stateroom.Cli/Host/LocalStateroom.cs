namespace Stateroom.Cli.Host;

/// <summary>The seam to the library's local host.</summary>
internal static class LocalStateroom
{
    public static IStateroom Open() => throw new PlatformNotSupportedException("The local host is not part of this build.");
}

internal sealed class LocalMaintenance(int seam = 0)
{
    public Task<IReadOnlyList<HostFinding>> CheckHostAsync(CancellationToken cancellationToken) => throw new PlatformNotSupportedException($"{seam}");

    public Task<IReadOnlyList<string>> SweepAsync(CancellationToken cancellationToken) => throw new PlatformNotSupportedException($"{seam}");

    public Task RepairAsync(string id, CancellationToken cancellationToken) => throw new PlatformNotSupportedException($"{seam}");
}
