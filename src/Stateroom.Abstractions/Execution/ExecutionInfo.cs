namespace Stateroom;

/// <summary>What is on record about an exec or a shell.</summary>
public sealed record ExecutionInfo
{
    /// <value>Its id, unique in its session.</value>
    public required string Id { get; init; }

    /// <value>True for a shell, false for an exec.</value>
    public required bool IsShell { get; init; }

    /// <value>Program and arguments; for a shell its program as it was asked for. Cut after 64 KiB.</value>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <value>When it was started.</value>
    public required DateTimeOffset StartedAt { get; init; }

    /// <value>True if it has or had a terminal.</value>
    public required bool HasTerminal { get; init; }

    /// <value>Its end, without output; its outcome is <see cref="ExecOutcome.Lost"/> if its room ended before its end was known. Null while it runs.</value>
    public ExecResult? Result { get; init; }

    /// <value>True if it runs in the session's present room.</value>
    public required bool IsRunning { get; init; }

    /// <value>Bytes that it, or the commands of the shell, wrote to standard output and standard error, with those that are not kept any more.</value>
    public required long OutputBytes { get; init; }

    /// <value>Bytes that its record takes on disk, in blocks of the file system.</value>
    public required long BytesOnDisk { get; init; }
}
