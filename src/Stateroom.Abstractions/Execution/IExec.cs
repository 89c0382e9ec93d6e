namespace Stateroom;

/// <summary>
/// One process in a sandbox: its streams and its end. The handle is a view: disposing it leaves the process running, and any process may attach again
/// by <see cref="ISandbox.AttachAsync"/> and read from any offset.
/// </summary>
public interface IExec : IAsyncDisposable
{
    /// <summary>The exec's id, unique in its session.</summary>
    string Id { get; }

    /// <summary>Process id inside the room; null if the exec had ended when this handle attached.</summary>
    int? ProcessId { get; }

    /// <summary>Reads the output from a position, then as it comes; ends when the process has ended and all its output was read.</summary>
    /// <param name="from">What the reader has already; the default is nothing, so that the output comes from its beginning.</param>
    /// <param name="cancellationToken">Stops the reading; the process does not notice.</param>
    /// <exception cref="InvalidOperationException">The output of this handle is being read, or was collected, already.</exception>
    IAsyncEnumerable<OutputChunk> ReadOutputAsync(OutputOffsets from = default, CancellationToken cancellationToken = default);

    /// <summary>Writes to standard input and returns when the guest has room for more.</summary>
    /// <param name="data">The bytes, of any size.</param>
    /// <param name="cancellationToken">Stops the writing; a part may have been written.</param>
    /// <exception cref="InvalidOperationException">The exec was not started with <see cref="ExecOptions.StreamInput"/>, or the input was closed.</exception>
    Task WriteInputAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default);

    /// <summary>Closes standard input. Idempotent.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task CloseInputAsync(CancellationToken cancellationToken = default);

    /// <summary>Sends a signal to the process and to those of its process group, as a terminal does. Does nothing when the process has ended.
    /// If an exec dies of it, what it has started ends too, as with <see cref="CancelAsync"/>, and its outcome is <see cref="ExecOutcome.Signaled"/>.</summary>
    /// <param name="signal">1 to 64, see signal(7).</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="signal"/> is not a signal.</exception>
    Task SignalAsync(int signal, CancellationToken cancellationToken = default);

    /// <summary>Tells the terminal its new size; the program in front gets SIGWINCH.</summary>
    /// <param name="size">The size.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The exec has no terminal.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A side is not between 1 and 65535.</exception>
    Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default);

    /// <summary>What the terminal shows now, or showed at the end; made from the output on disk.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The exec has no terminal.</exception>
    Task<TerminalScreen> ReadScreenAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the whole process tree, children that moved to other sessions included: SIGTERM, then SIGKILL after
    /// <see cref="ExecOptions.KillGrace"/>. The outcome is <see cref="ExecOutcome.Canceled"/>.</summary>
    /// <param name="cancellationToken">Cancels the call, not the ending.</param>
    Task CancelAsync(CancellationToken cancellationToken = default);

    /// <summary>Waits for the end. The result carries the output only if it was collected (<see cref="ISandbox.ExecAsync"/>).</summary>
    /// <param name="cancellationToken">Cancels the wait only.</param>
    Task<ExecResult> WaitAsync(CancellationToken cancellationToken = default);
}
