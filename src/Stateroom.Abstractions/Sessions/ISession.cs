namespace Stateroom;

/// <summary>
/// A handle to an open session. Disposing it detaches: the sandbox ends when no handle in any process is left and none asked for
/// <see cref="OpenOptions.KeepRunning"/>; files and conversation stay. An ephemeral session is removed with its handle.
/// </summary>
public interface ISession : IAsyncDisposable
{
    /// <summary>The session's id.</summary>
    string Id { get; }

    /// <summary>False for an ephemeral session.</summary>
    bool IsPersistent { get; }

    /// <summary>The workspace as an absolute path on this host, /workspace inside the room. Null when the session lives on a server.</summary>
    HostPath? WorkspacePath { get; }

    /// <summary>The live sandbox. After <see cref="RestoreAsync"/> it is another one.</summary>
    /// <exception cref="SessionClosedException">The session is closed.</exception>
    ISandbox Sandbox { get; }

    /// <summary>The session's files, also while it is closed.</summary>
    ISessionFiles Files { get; }

    /// <summary>Gives the agent a prompt and waits for its answer. While another turn runs, in this process or another, the prompt waits for
    /// its place in the queue.</summary>
    /// <param name="prompt">What to do; not empty.</param>
    /// <param name="options">Null means the session's own configuration.</param>
    /// <param name="cancellationToken">Interrupts the turn; the session takes the next prompt.</param>
    /// <returns>The result. An agent that fails, or that gives no result, is a result with <see cref="TurnResult.Success"/> false.</returns>
    /// <exception cref="AgentConfigurationException">The agent cannot start, for example without an API key; nothing was recorded.</exception>
    /// <exception cref="OperationCanceledException">The turn was interrupted; what it had done is kept.</exception>
    Task<TurnResult> CodeAsync(string prompt, TurnOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="CodeAsync"/>, with every event as it happens; the last one is a <see cref="TurnCompleted"/>.</summary>
    /// <param name="prompt">What to do; not empty.</param>
    /// <param name="options">Null means the session's own configuration.</param>
    /// <param name="cancellationToken">Interrupts the turn.</param>
    IAsyncEnumerable<TurnEvent> StreamAsync(string prompt, TurnOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Runs a program in the sandbox and waits for its end, as <see cref="ISandbox.ExecAsync"/>, and counts it.</summary>
    /// <param name="argv">Program and arguments; a program without a slash is looked up in PATH.</param>
    /// <param name="options">Null means <see cref="ExecOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the whole process tree.</param>
    /// <exception cref="ExecCanceledException"><paramref name="cancellationToken"/> ended it; the exception carries the result so far.</exception>
    Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Runs a line in a fresh <c>sh</c> and waits for its end: <c>cd</c> and <c>export</c> do not outlive it.</summary>
    /// <param name="line">The shell line, without NUL, of less than 128 KiB (execve(2), MAX_ARG_STRLEN). A shell takes longer ones.</param>
    /// <param name="options">Null means <see cref="ExecOptions.Default"/>.</param>
    /// <param name="cancellationToken">Ends the whole process tree.</param>
    /// <exception cref="ExecCanceledException"><paramref name="cancellationToken"/> ended it; the exception carries the result so far.</exception>
    Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Starts a program in the sandbox and returns at once.</summary>
    /// <param name="argv">Program and arguments.</param>
    /// <param name="options">Null means <see cref="ExecOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the start; the program is ended if it had begun.</param>
    Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Opens a persistent shell in the sandbox. Its commands count.</summary>
    /// <param name="options">Null means <see cref="ShellOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ExecStartException">There is no such shell in the room.</exception>
    Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>The execs and shells of this session that are on record, newest first, running or ended, of this room and earlier ones. Works on a
    /// closed session too.</summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    IAsyncEnumerable<ExecutionInfo> ListExecutionsAsync(CancellationToken cancellationToken = default);

    /// <summary>The recorded output of an exec, a shell or a shell's command, from a position to what there is now; works on a closed session too.
    /// To follow what still runs use <see cref="ISandbox.AttachAsync"/> or <see cref="IStateroom.ReadRecordedOutputAsync"/>.</summary>
    /// <param name="executionId">The id of an exec or a shell, or of a shell's command: the shell's id, a dot, the command's number from 1.</param>
    /// <param name="from">What the reader has already. In the output of a shell the bytes of all its commands count on.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ExecNotFoundException">There is no such record, or its time was over (<see cref="RetentionOptions"/>).</exception>
    IAsyncEnumerable<OutputChunk> ReadRecordedOutputAsync(string executionId, OutputOffsets from = default, CancellationToken cancellationToken = default);

    /// <summary>What is known of the session now: state, times, counters.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<SessionInfo> GetInfoAsync(CancellationToken cancellationToken = default);

    /// <summary>The action log, oldest first.</summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    IAsyncEnumerable<HistoryEntry> ReadHistoryAsync(CancellationToken cancellationToken = default);

    /// <summary>The conversation, oldest first.</summary>
    /// <param name="query">Which messages; null means all.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    IAsyncEnumerable<SessionMessage> ReadMessagesAsync(MessageQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>The number of messages in the conversation.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<long> CountMessagesAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes all messages, so that the agent begins anew; files and history stay, and sequence numbers go on. Waits for its place in
    /// the queue of turns.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The number of messages removed.</returns>
    Task<long> ClearMessagesAsync(CancellationToken cancellationToken = default);

    /// <summary>The connections that the room asked for, oldest first, as far as they are kept.</summary>
    /// <param name="cancellationToken">Cancels the reading.</param>
    IAsyncEnumerable<NetworkDecision> ReadNetworkDecisionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the sandbox, whoever else uses it; files, conversation and configuration stay. Idempotent.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task CloseAsync(CancellationToken cancellationToken = default);

    /// <summary>Gives a closed session a sandbox again. Old messages are not processed again. On a session that is open it does nothing.</summary>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="SandboxStartException">The host cannot give the sandbox.</exception>
    Task RestoreAsync(CancellationToken cancellationToken = default);
}
