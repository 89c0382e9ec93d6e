namespace Stateroom;

/// <summary>The configuration of a new session. It is kept with the session, and reconnecting restores it.</summary>
public sealed record SessionOptions
{
    /// <summary>The defaults.</summary>
    public static SessionOptions Default { get; } = new();

    /// <value>The agent that answers prompts: its name, model, instructions. The default is <c>builtin</c>.</value>
    public AgentOptions Agent { get; init; } = new();

    /// <value>The sandbox: runtime, limits, environment.</value>
    public SandboxOptions Sandbox { get; init; } = new();

    /// <value>What the handle that creates the session does when disposed. Not kept with the session.</value>
    public OpenOptions Open { get; init; } = OpenOptions.Default;

    /// <value>Free key/value pairs that the session carries. Empty by default.</value>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a handle to a session does; not part of the session.</summary>
public sealed record OpenOptions
{
    /// <summary>The defaults.</summary>
    public static OpenOptions Default { get; } = new();

    /// <value>True leaves the sandbox running when the last handle goes, until it is closed or its idle time is over
    /// (<see cref="SandboxOptions.IdleTimeout"/>). False, the default, ends it with the last handle, unless another handle asked for true.</value>
    public bool KeepRunning { get; init; }
}

/// <summary>Which sessions to list. All conditions must hold; null ones hold for every session.</summary>
public sealed record SessionQuery
{
    /// <value>A part of the id, matched case-sensitively. Null means any.</value>
    public string? Contains { get; init; }

    /// <value>The exact state. Null means any.</value>
    public SessionState? State { get; init; }

    /// <value>Only sessions created at or before this time. Null means any.</value>
    public DateTimeOffset? CreatedBefore { get; init; }

    /// <value>The most sessions to return, 1 or more. Null means all.</value>
    public int? Limit { get; init; }
}
