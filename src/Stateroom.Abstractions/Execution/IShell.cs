namespace Stateroom;

/// <summary>How a shell is opened.</summary>
public sealed record ShellOptions
{
    /// <summary>The defaults.</summary>
    public static ShellOptions Default { get; } = new();

    /// <value><c>bash</c>, <c>dash</c>, <c>sh</c>, <c>zsh</c>, <c>ash</c> (busybox), or a path to one of them. Null means bash where there is one,
    /// else sh.</value>
    public string? Shell { get; init; }

    /// <value>The shell's id, <c>[A-Za-z0-9_-]{1,64}</c>. A shell is opened at most once under an id: a second opening attaches to the first,
    /// and fails when that has ended. Null means a new id.</value>
    public string? ShellId { get; init; }

    /// <value>A terminal of this size for the shell and its commands: what a command prints is one stream, told as standard output; its input is
    /// the terminal if it is given or streamed, and empty if not, as with pipes. Null, the default, means pipes.</value>
    public TerminalSize? Terminal { get; init; }

    /// <value>Where it starts. Null means /workspace.</value>
    public string? WorkingDirectory { get; init; }

    /// <value>Variables set over the room's environment; a null value removes one. Empty by default.</value>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();
}

/// <summary>How one command is run in a shell.</summary>
public sealed record ShellCommandOptions
{
    /// <summary>The defaults.</summary>
    public static ShellCommandOptions Default { get; } = new();

    /// <value>The whole of the command's standard input. Null, the default, means empty, or streamed if <see cref="StreamInput"/> is set.</value>
    public ReadOnlyMemory<byte>? Input { get; init; }

    /// <value>True keeps the command's standard input open for <see cref="IExec.WriteInputAsync"/> until <see cref="IExec.CloseInputAsync"/>. Only
    /// for <see cref="IShell.StartAsync"/>. The default is false.</value>
    public bool StreamInput { get; init; }

    /// <value>Time from the command's start after which it is ended with all processes it started; the shell keeps its state where the shell
    /// itself can be interrupted, else it is ended and the result says so. Null, the default, means no limit.</value>
    public TimeSpan? Timeout { get; init; }

    /// <value>How long the command has to end after the interrupt before it is killed. The default is 0.5 s.</value>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <value>The most bytes of each output stream that a result carries. The default is 16 MiB.</value>
    public int MaxOutputBytes { get; init; } = 16 << 20;

    /// <value>Called with each piece of output as it comes. Must not block. Null by default.</value>
    public Action<OutputChunk>? OnOutput { get; init; }
}

/// <summary>
/// A persistent shell: working directory, variables, functions, aliases, options and jobs live on between commands. Background jobs end when it is
/// closed. Disposing the handle that opened it closes it; a handle of <see cref="ISandbox.AttachShellAsync"/> only lets go.
/// </summary>
public interface IShell : IAsyncDisposable
{
    /// <summary>The shell's id, unique in its session.</summary>
    string Id { get; }

    /// <summary>Path of the shell's program inside the room.</summary>
    string Path { get; }

    /// <summary>Completes with the shell's own end when it has ended; it never fails.</summary>
    Task<ExecResult> Ended { get; }

    /// <summary>Runs a command and waits for its end. Commands of concurrent callers are queued in order.</summary>
    /// <param name="command">Any text that the shell takes, of 12 MiB at most, without NUL.</param>
    /// <param name="options">Null means <see cref="ShellCommandOptions.Default"/>.</param>
    /// <param name="cancellationToken">Interrupts the command as a timeout does; one that still waits in the queue is withdrawn.</param>
    /// <exception cref="ShellEndedException">The shell had ended before the command was given to it.</exception>
    /// <exception cref="ExecCanceledException"><paramref name="cancellationToken"/> ended it; the exception carries the result so far.</exception>
    Task<ExecResult> RunAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Gives the shell a command and returns when its turn has come. The handle's id is the shell's id, a dot and the command's number; a
    /// process id it has is the shell's. <see cref="ISandbox.AttachAsync"/> takes the id as it does an exec's.</summary>
    /// <param name="command">Any text that the shell takes, of 12 MiB at most, without NUL.</param>
    /// <param name="options">Null means <see cref="ShellCommandOptions.Default"/>; no output is collected.</param>
    /// <param name="cancellationToken">Withdraws a command that still waits in the queue.</param>
    /// <exception cref="ShellEndedException">The shell had ended before the command was given to it.</exception>
    Task<IExec> StartAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Tells the shell's terminal its new size.</summary>
    /// <param name="size">The size.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The shell has no terminal.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A side is not between 1 and 65535.</exception>
    Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default);

    /// <summary>Output of background jobs that came after their command had ended. Set once, before the first command. Must not block.</summary>
    Action<OutputChunk>? OnBackgroundOutput { get; set; }

    /// <summary>Ends the shell and its background jobs, wherever they moved. Idempotent.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task CloseAsync(CancellationToken cancellationToken = default);
}
