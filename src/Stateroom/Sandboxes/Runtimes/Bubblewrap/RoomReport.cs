using System.Globalization;
using Stateroom.Native;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>What a room under bubblewrap enforces.</summary>
internal static class RoomReport
{
    private static readonly string[] Always =
    [
        "namespaces: user, pid, mount, network, ipc, uts, cgroup",
        "privileges: no capabilities, no new privileges",
        "system calls: filtered",
        "files: read-only system, generated /etc",
        "environment: cleared",
    ];

    private static readonly string[] NeverHere =
    [
        "cpu: not limited (no cpu control group)",
        "disk: the workspace and home may fill their file system (no quota)",
    ];

    /// <param name="spec">What is started.</param>
    /// <param name="memory">The bound of its memory.</param>
    public static SandboxReport For(SandboxSpec spec, MemoryBound memory)
    {
        var limits = spec.Options.Limits;
        return new SandboxReport(BubblewrapRuntime.RuntimeName, HardwareIsolation: false,
        [
            .. Always,
            Network(spec.Options.Network),
            string.Create(CultureInfo.InvariantCulture, $"host user: {spec.HostUid ?? Libc.geteuid()}"),
            string.Create(CultureInfo.InvariantCulture, $"processes: {limits.Processes}"),
            string.Create(CultureInfo.InvariantCulture, $"open files: {limits.OpenFiles} per process"),
            string.Create(CultureInfo.InvariantCulture, $"/tmp and /dev/shm: {RoomArguments.TmpBytes(limits)} bytes each"),
            .. memory.Bytes is { } most ? [string.Create(CultureInfo.InvariantCulture, $"memory: {most} bytes for the whole room, /tmp and /dev/shm included (control group)")] : Array.Empty<string>(),
        ],
        [.. memory.Bytes is null ? [$"memory: not limited ({memory.WhyNone}); /tmp and /dev/shm are bounded"] : Array.Empty<string>(), .. NeverHere]);
    }

    private static string Network(NetworkOptions network) => network.Policy switch
    {
        NetworkPolicy.Allow when network.Allow.Count > 0 => $"network: {string.Join(", ", network.Allow)} through the host's proxy, nothing else",
        NetworkPolicy.Allow => "network: none (the list of allowed hosts is empty)",
        _ => "network: none",
    };
}
