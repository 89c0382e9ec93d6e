namespace Stateroom;

/// <summary>
/// Where sessions live: a home directory on this host (<c>StateroomHost.Local</c>) or a server. The same code works with either.
/// </summary>
/// <remarks>
/// A <b>session</b> is the durable unit that a user names: workspace, conversation, history and configuration. It outlives sandboxes,
/// processes and reboots. A <b>sandbox</b> (the room) is the live, isolated environment that a session runs in; a closed session has none.
/// All members are safe to call from several threads and several processes at once.
/// </remarks>
public interface IStateroom : IAsyncDisposable
{
    /// <summary>Creates a session and starts its sandbox.</summary>
    /// <param name="id">The session's id, see <see cref="SessionId"/>. Null creates an ephemeral session with a generated id: it ends with its
    /// handle, workspace included, and cannot be reopened.</param>
    /// <param name="options">Null means <see cref="SessionOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the creation; nothing is left behind.</param>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    /// <exception cref="SessionAlreadyExistsException">A session of that id exists.</exception>
    /// <exception cref="SandboxStartException">The host cannot give the sandbox that was asked for.</exception>
    Task<ISession> CreateAsync(string? id = null, SessionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reconnects to a session with the configuration that it was created with. A closed one is restored.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="options">What this handle does when disposed, and the like; null means <see cref="OpenOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the opening; the session stays as it was.</param>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    /// <exception cref="CorruptSessionException">Its metadata cannot be read.</exception>
    /// <exception cref="SandboxStartException">The host cannot give the sandbox.</exception>
    Task<ISession> OpenAsync(string id, OpenOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Opens the session of that id, or creates it. Of several callers at the same time one creates and the others open.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="options">Used only if the session is created; null means <see cref="SessionOptions.Default"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    /// <exception cref="CorruptSessionException">The session exists and its metadata cannot be read.</exception>
    /// <exception cref="SandboxStartException">The host cannot give the sandbox.</exception>
    Task<ISession> OpenOrCreateAsync(string id, SessionOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Reads what is known of a session without opening it; its sandbox is not started.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    /// <exception cref="CorruptSessionException">Its metadata cannot be read.</exception>
    Task<SessionInfo> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Lists sessions, newest first. Ephemeral sessions are listed while they live. A corrupt session is listed with
    /// <see cref="SessionInfo.Problem"/> set and never hides the others.</summary>
    /// <param name="query">What to list; null means all.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    IAsyncEnumerable<SessionInfo> ListAsync(SessionQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>Reads a session's history, oldest first, without opening it.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    IAsyncEnumerable<HistoryEntry> ReadHistoryAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Reads a session's conversation, oldest first, without opening it.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="query">Which messages; null means all.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    IAsyncEnumerable<SessionMessage> ReadMessagesAsync(string id, MessageQuery? query = null, CancellationToken cancellationToken = default);

    /// <summary>Reads the connections that a session's rooms asked for, oldest first, without opening it.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    IAsyncEnumerable<NetworkDecision> ReadNetworkDecisionsAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Lists the execs and shells of a session that are on record, newest first, without opening it.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the listing.</param>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    /// <exception cref="CorruptSessionException">Its metadata cannot be read.</exception>
    IAsyncEnumerable<ExecutionInfo> ListExecutionsAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Reads the recorded output of an exec, a shell or a shell's command, without opening the session, and disturbs neither it nor the room.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="executionId">The id of an exec or a shell, or of a shell's command: the shell's id, a dot, the command's number from 1.</param>
    /// <param name="from">What the reader has already. In the output of a shell the bytes of all its commands count on.</param>
    /// <param name="follow">True goes on with what comes until the exec, the shell or the command has ended, or its room; false reads what there is
    /// now.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    /// <exception cref="ExecNotFoundException">There is no such record, or its time was over (<see cref="RetentionOptions"/>).</exception>
    IAsyncEnumerable<OutputChunk> ReadRecordedOutputAsync(
        string id, string executionId, OutputOffsets from = default, bool follow = false, CancellationToken cancellationToken = default);

    /// <summary>The files of a session, without opening it: a closed one stays closed.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    /// <exception cref="SessionNotFoundException">There is no session of that id, or it is an ephemeral one of another handle.</exception>
    /// <exception cref="CorruptSessionException">Its metadata cannot be read.</exception>
    Task<ISessionFiles> OpenFilesAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Ends a session's sandbox and frees all its memory and processes; files, conversation and configuration stay. Closing a closed
    /// session does nothing.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="cancellationToken">Cancels the wait; the sandbox may still end.</param>
    /// <exception cref="SessionNotFoundException">There is no session of that id.</exception>
    Task CloseAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Ends the sandbox, then removes the session. Does nothing when there is no such session, so it is safe in <c>finally</c>.</summary>
    /// <param name="id">The session's id.</param>
    /// <param name="removeWorkspace">True removes everything. False keeps the files and archives the metadata: the session is no longer
    /// listed and cannot be opened, and a new session of the same id adopts the files.</param>
    /// <param name="cancellationToken">Cancels the wait for the session's lock; a removal that has begun is finished.</param>
    /// <exception cref="InvalidSessionIdException"><paramref name="id"/> breaks the rules of <see cref="SessionId"/>.</exception>
    Task CleanUpAsync(string id, bool removeWorkspace, CancellationToken cancellationToken = default);
}
