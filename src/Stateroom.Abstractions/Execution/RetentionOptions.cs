namespace Stateroom;

/// <summary>
/// How much recorded output a session keeps. What is given up goes oldest first, and a reader is told of the gap. The bound on one execution holds
/// always; those on the session are brought about when its room is started or closed and now and then while it works, and never touch what runs.
/// </summary>
public sealed record RetentionOptions
{
    /// <value>The most bytes of output kept for one exec or shell; when there is more, the oldest half goes. Each piece counts with 24
    /// bytes of header. On a file system that cannot free a part of a file (fallocate(2)) the newest output is not kept instead, and the result says
    /// so. From 1 MiB. The default is 1 GiB.</value>
    public long MaxBytesPerExecution { get; init; } = 1L << 30;

    /// <value>The most bytes of output kept for all execs and shells of a session. Of ended ones request and end stay on record without
    /// output; that block of 4 KiB each does not count. From 1 MiB. The default is 4 GiB.</value>
    public long MaxBytes { get; init; } = 4L << 30;

    /// <value>The most ended execs and shells on record. From 1. The default is 10,000.</value>
    public int MaxCount { get; init; } = 10_000;

    /// <value>How long an ended exec or shell stays on record. Null means for ever. The default is 30 days.</value>
    public TimeSpan? MaxAge { get; init; } = TimeSpan.FromDays(30);
}
