namespace Stateroom;

/// <summary>
/// A live room: processes started in it run in parallel and share its network, /tmp and processes. Disposing the handle detaches;
/// <see cref="StopAsync"/> ends the room. Everything in a stopped room ends with it.
/// </summary>
public interface ISandbox : IAsyncDisposable
{
    /// <summary>The sandbox's id, 26 characters, sortable by time.</summary>
    string Id { get; }

    /// <summary>The runtime that isolates it, such as <c>bubblewrap</c>.</summary>
    string Runtime { get; }

    /// <summary>What the room enforces, and what was wished for by default and this host cannot give.</summary>
    SandboxReport Report { get; }

    /// <summary>Completes when the room has ended or this handle lost it; it never fails.</summary>
    Task<SandboxEnd> Ended { get; }

    /// <summary>Starts a program and returns at once. Closing or losing the handle does not end it.</summary>
    /// <param name="argv">Program and arguments, at least one; a program without a slash is looked up in the PATH of its environment.</param>
    /// <param name="options">Null means <see cref="ExecOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the start; the program is ended if it had begun.</param>
    /// <exception cref="ArgumentException">An option is not valid, an argument has 128 KiB or more, or the id belongs to a shell.</exception>
    /// <exception cref="ExecStartException">The program or its working directory cannot be used; says which and why.</exception>
    /// <exception cref="SandboxLostException">The room has ended.</exception>
    Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Runs a program and waits for its end, collecting its output.</summary>
    /// <param name="argv">Program and arguments, at least one.</param>
    /// <param name="options">Null means <see cref="ExecOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the whole process tree.</param>
    /// <exception cref="ArgumentException">As with <see cref="StartAsync"/>.</exception>
    /// <returns>How it ended. Any end is a result; a program that cannot be started is one too, with outcome <see cref="ExecOutcome.NotStarted"/>.</returns>
    /// <exception cref="ExecCanceledException"><paramref name="cancellationToken"/> ended it; the exception carries the result so far.</exception>
    Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Runs a line in a fresh <c>sh -c</c> and waits for its end.</summary>
    /// <param name="line">The line, without NUL, of less than 128 KiB (execve(2), MAX_ARG_STRLEN). A shell takes longer ones.</param>
    /// <param name="options">Null means <see cref="ExecOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the whole process tree.</param>
    /// <exception cref="ArgumentException">As with <see cref="StartAsync"/>; the line is an argument.</exception>
    /// <exception cref="ExecCanceledException"><paramref name="cancellationToken"/> ended it; the exception carries the result so far.</exception>
    Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Attaches to an exec that was started before, by this process or another, running or ended.</summary>
    /// <param name="execId">The exec's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ExecNotFoundException">This room has no exec of that id.</exception>
    /// <exception cref="ArgumentException">The id belongs to a shell.</exception>
    Task<IExec> AttachAsync(string execId, CancellationToken cancellationToken = default);

    /// <summary>Opens a persistent shell.</summary>
    /// <param name="options">Null means <see cref="ShellOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ExecStartException">There is no such shell in the room.</exception>
    /// <exception cref="ShellEndedException">The shell of that id has ended, in this room or an earlier one.</exception>
    /// <exception cref="ArgumentException">An option is not valid, or the id belongs to an exec.</exception>
    Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Attaches to a shell that was opened before, by this process or another; its commands queue with all others.</summary>
    /// <param name="shellId">The shell's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ExecNotFoundException">No shell of that id lives in this room.</exception>
    Task<IShell> AttachShellAsync(string shellId, CancellationToken cancellationToken = default);

    /// <summary>What runs in the room now, the guest itself left out, by process id.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="SandboxLostException">The room has ended.</exception>
    Task<IReadOnlyList<RoomProcess>> ListProcessesAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks the guest for an answer.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The time the answer took.</returns>
    /// <exception cref="SandboxLostException">The room has ended.</exception>
    Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default);

    /// <summary>Leaves the room running when no handle is left, until it is stopped or its idle time is over.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task KeepRunningAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the room and everything in it, and returns when the last process is gone. Idempotent.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task StopAsync(CancellationToken cancellationToken = default);
}

/// <summary>Why a room ended.</summary>
public enum SandboxEndReason
{
    /// <summary>It was told to.</summary>
    Stopped,

    /// <summary>Its idle time was over.</summary>
    Idle,

    /// <summary>The last handle went, and none had asked for <see cref="OpenOptions.KeepRunning"/>.</summary>
    LastHandleGone,

    /// <summary>It was killed or crashed: there is no record of an orderly end.</summary>
    Lost,

    /// <summary>The room lives; only this handle was disposed.</summary>
    Detached,
}

/// <summary>The end of a room.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Detail">One line for people; null if there is nothing to add.</param>
public sealed record SandboxEnd(SandboxEndReason Reason, string? Detail = null);
