namespace Stateroom;

/// <summary>What a session's sandbox is like. Kept with the session.</summary>
public sealed record SandboxOptions
{
    /// <value>What isolates. Null, the default, means <c>bubblewrap</c>.</value>
    public string? Runtime { get; init; }

    /// <value>How long a room may be without a turn, an exec, a shell command or a connected client before it ends itself. The clock starts
    /// when the last of them ends, and starts anew with each. The default is 15 minutes, the least 1 second;
    /// <see cref="Timeout.InfiniteTimeSpan"/> means never.</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <value>Environment variables for everything in the room, over the room's own PATH, HOME, USER, LANG. Empty by default. They are kept in
    /// session.json: not the place for secrets.</value>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <value>What the room may reach; nothing by default.</value>
    public NetworkOptions Network { get; init; } = new();

    /// <value>How much recorded output is kept.</value>
    public RetentionOptions Retention { get; init; } = new();

    /// <value>Bounds on what the room may use.</value>
    public SandboxLimits Limits { get; init; } = new();
}

/// <summary>Bounds on what a room may use. Each that is set is enforced by the kernel, or the room does not start.</summary>
public sealed record SandboxLimits
{
    /// <value>Most processes and threads in the room (RLIMIT_NPROC, getrlimit(2); counted per user namespace since Linux 5.14). From 16 up;
    /// the default is 4,096.</value>
    public int Processes { get; init; } = 4096;

    /// <value>Most open files per process (hard RLIMIT_NOFILE, getrlimit(2)). From 64 up; the default is 65,536. The soft limit is 1,024 as
    /// usual, or this if it is less.</value>
    public int OpenFiles { get; init; } = 65_536;

    /// <value>Size of /tmp, which is memory (tmpfs(5)), in bytes. From 1 MiB up; the default is 1 GiB. /dev/shm has the same bound. With
    /// <see cref="MemoryBytes"/> each has at most an eighth of it.</value>
    public long TmpBytes { get; init; } = 1L << 30;

    /// <value>Most memory of the whole room, /tmp and /dev/shm included, swap not, in bytes (memory.limit_in_bytes of its control group, cgroups(7)).
    /// From 64 MiB up; a room does not start where this cannot be enforced. Null, the default, means three quarters of the host's memory where the host
    /// can bound it, and no bound elsewhere, which <see cref="SandboxReport.Missing"/> tells. What would exceed it, the kernel ends with signal 9.</value>
    public long? MemoryBytes { get; init; }
}

/// <summary>What a room enforces.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="HardwareIsolation">True only for a micro-VM on real hardware virtualisation.</param>
/// <param name="Enforced">The protections and limits in force, one line each.</param>
/// <param name="Missing">Defaults that this host cannot give, one line each with the reason. Empty if there are none.</param>
public sealed record SandboxReport(string Runtime, bool HardwareIsolation, IReadOnlyList<string> Enforced, IReadOnlyList<string> Missing);
