namespace Stateroom;

/// <summary>How a program is run.</summary>
public sealed record ExecOptions
{
    /// <summary>The defaults.</summary>
    public static ExecOptions Default { get; } = new();

    /// <value>Working directory inside the room, absolute or relative to /workspace. Null means /workspace.</value>
    public string? WorkingDirectory { get; init; }

    /// <value>Variables set over the room's environment; a null value removes one. Empty by default.</value>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <value>The whole of standard input. Null, the default, means empty, or streamed if <see cref="StreamInput"/> is set.</value>
    public ReadOnlyMemory<byte>? Input { get; init; }

    /// <value>True keeps standard input open for <see cref="IExec.WriteInputAsync"/> until <see cref="IExec.CloseInputAsync"/>. Only for
    /// <see cref="ISandbox.StartAsync"/>. The default is false.</value>
    public bool StreamInput { get; init; }

    /// <value>A terminal of this size for the program: its three streams are the terminal, and what it prints is one stream, told as standard output,
    /// with the changes that a terminal makes (such as CR LF for LF). Input can be streamed; closing it sends the end-of-file character. TERM is
    /// xterm-256color unless <see cref="Environment"/> says otherwise. Null, the default, means pipes.</value>
    public TerminalSize? Terminal { get; init; }

    /// <value>Time from the start after which the whole process tree is ended, by the guest, even when the caller is gone: SIGTERM first, SIGKILL
    /// after <see cref="KillGrace"/>. Null, the default, means no limit. From 1 ms to 24 days.</value>
    public TimeSpan? Timeout { get; init; }

    /// <value>How long the tree has between SIGTERM and SIGKILL at a timeout or cancel. The default is 0.5 s; zero kills at once.</value>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <value>True ends the whole process tree when the sandbox's handle that started it is disposed or its process dies, as
    /// <see cref="IExec.CancelAsync"/> does. The default is false: it runs on, and anyone may attach to it.</value>
    public bool EndWithHandle { get; init; }

    /// <value>The most bytes of each output stream that a result carries; all of it is on disk. The default is 16 MiB. Ignored by
    /// <see cref="ISandbox.StartAsync"/>, which keeps none.</value>
    public int MaxOutputBytes { get; init; } = 16 << 20;

    /// <value>Called with each piece of output as it comes, in order, before it is collected. Must not block. Null by default.</value>
    public Action<OutputChunk>? OnOutput { get; init; }

    /// <value>The exec's id, <c>[A-Za-z0-9_-]{1,64}</c>. An exec is started at most once under an id: a second start attaches to the first.
    /// That holds for as long as the first is on record, see <see cref="RetentionOptions.MaxCount"/> and <see cref="RetentionOptions.MaxAge"/>. Null means a
    /// new id.</value>
    public string? ExecId { get; init; }
}

/// <summary>Which stream a piece of output belongs to.</summary>
public enum OutputStream
{
    /// <summary>Standard output.</summary>
    Stdout = 1,

    /// <summary>Standard error.</summary>
    Stderr = 2,
}

/// <summary>A piece of output, cut anywhere, also within a character.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Offset">Number of bytes of this stream that came before.</param>
/// <param name="Data">The bytes. Valid until the handler returns or the next piece is read; copy what is kept.</param>
/// <param name="IsBackground">True for output of a background process that came after its command had ended.</param>
/// <param name="Missing">Bytes of this stream just before <paramref name="Offset"/> that were asked for and are not kept any more (see
/// <see cref="RetentionOptions"/>); 0 if there is no gap. A piece without data may tell of a gap at the end.</param>
public readonly record struct OutputChunk(OutputStream Stream, long Offset, ReadOnlyMemory<byte> Data, bool IsBackground = false, long Missing = 0);
