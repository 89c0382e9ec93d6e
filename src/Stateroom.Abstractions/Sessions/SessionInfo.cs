namespace Stateroom;

/// <summary>
/// The states of a session: <c>Init -> Idle &lt;-> Busy -> Closed -> (restore) Idle</c>; any -> <c>Deleted</c>; <c>Failed</c> with a reason.
/// What is reported is the recorded state checked against the living process: a recorded <c>Idle</c> whose sandbox has ended is <c>Closed</c>.
/// </summary>
public enum SessionState
{
    /// <summary>Being created; its sandbox is starting.</summary>
    Init,

    /// <summary>Has a sandbox and waits for work. The only state that takes a prompt.</summary>
    Idle,

    /// <summary>A turn is running.</summary>
    Busy,

    /// <summary>Has no sandbox and uses neither CPU nor memory. A prompt or an open restores it.</summary>
    Closed,

    /// <summary>Cannot be used, see <see cref="SessionInfo.Problem"/>.</summary>
    Failed,

    /// <summary>Removed; seen only through a handle that outlived its session.</summary>
    Deleted,
}

/// <summary>What is known of a session at one moment.</summary>
public sealed record SessionInfo
{
    /// <value>The session's id.</value>
    public required string Id { get; init; }

    /// <value>The state, checked against the living process.</value>
    public required SessionState State { get; init; }

    /// <value>True while the session has a live sandbox.</value>
    public bool IsRunning => State is SessionState.Init or SessionState.Idle or SessionState.Busy;

    /// <value>False for an ephemeral session.</value>
    public required bool IsPersistent { get; init; }

    /// <value>Id of the sandbox, the last one if the session is closed. Null if there never was one.</value>
    public string? SandboxId { get; init; }

    /// <value>When the session was created, UTC.</value>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <value>When the session last changed, UTC.</value>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <value>Execs and shell commands started, exact.</value>
    public long TotalCommands { get; init; }

    /// <value>Files created in the workspace by turns; directories such as node_modules or venv count as one.</value>
    public long TotalFilesCreated { get; init; }

    /// <value>Turns that ended, successful or not.</value>
    public long TotalTurns { get; init; }

    /// <value>The workspace on this host; null when the session lives on a server.</value>
    public HostPath? WorkspacePath { get; init; }

    /// <value>The agent's name.</value>
    public string Agent { get; init; } = AgentOptions.BuiltIn;

    /// <value>Key/value pairs of the user.</value>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <value>What the session was created with; <see cref="SessionOptions.Open"/> is not kept. Null when its metadata cannot be read.</value>
    public SessionOptions? Configuration { get; init; }

    /// <value>Why the session cannot be used and what to do; null when it can.</value>
    public string? Problem { get; init; }
}
