namespace Stateroom;

/// <summary>A process in a room, as proc(5) shows it.</summary>
public sealed record RoomProcess
{
    /// <value>Process id inside the room.</value>
    public required int ProcessId { get; init; }

    /// <value>Its parent's id; 1 is the guest.</value>
    public required int ParentId { get; init; }

    /// <value>The exec or shell that started it, however it was forked off; null if it took its mark off.</value>
    public string? StartedBy { get; init; }

    /// <value>R running, S sleeping, D waiting for a device, T stopped, Z ended and not yet reaped, and others of proc_pid_stat(5).</value>
    public required char State { get; init; }

    /// <value>Processor time used so far, user and system.</value>
    public required TimeSpan ProcessorTime { get; init; }

    /// <value>Resident memory in bytes.</value>
    public required long ResidentBytes { get; init; }

    /// <value>Time since its start.</value>
    public required TimeSpan Age { get; init; }

    /// <value>Its arguments; empty for one that has ended. A program may change them.</value>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <value>The name of its program, at most 15 bytes (proc_pid_comm(5)).</value>
    public required string Name { get; init; }
}
