using System.Runtime.ExceptionServices;
using System.Text;
using Stateroom.Execution;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>The host's view of one shell. The guest queues its commands; each has a channel of its own.</summary>
internal sealed class GuestShell : IShell, IGuestChannel
{
    private readonly TaskCompletionSource<GuestExec.StartFailure?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ExecResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestConnection _connection;
    private readonly GuestEndpoint _endpoint;
    private readonly bool _isOwner;
    private bool _hasTerminal;
    private uint _number;

    /// <param name="connection">The connection.</param>
    /// <param name="endpoint">The room.</param>
    /// <param name="id">The shell's id.</param>
    /// <param name="isOwner">True if the shell closes with this handle.</param>
    public GuestShell(GuestConnection connection, GuestEndpoint endpoint, string id, bool isOwner)
    {
        (_connection, _endpoint, Id, _isOwner) = (connection, endpoint, id, isOwner);
        Channel = connection.Open(this);
    }

    public string Id { get; }

    public string Path { get; private set; } = "";

    public uint Channel { get; }

    public Task<ExecResult> Ended => _ended.Task;

    public Action<OutputChunk>? OnBackgroundOutput { get; set; }

    /// <summary>Null once the shell waits for commands.</summary>
    public Task<GuestExec.StartFailure?> Ready => _ready.Task;

    public async Task<ExecResult> RunAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= ShellCommandOptions.Default;
        if (options.StreamInput) throw new ArgumentException("Input can be streamed only to a command of StartAsync.", nameof(options));
        var exec = await BeginAsync(command, options, collect: true, cancellationToken).ConfigureAwait(false);
        using var registration = cancellationToken.UnsafeRegister(static e => ((GuestExec)e!).CancelAsync(), exec);
        var result = await exec.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        if (result is { Outcome: ExecOutcome.NotStarted, ShellEnded: true }) throw await HasEndedAsync().ConfigureAwait(false);
        if (result.Outcome == ExecOutcome.Canceled && cancellationToken.IsCancellationRequested) throw new ExecCanceledException(result, cancellationToken);
        return result;
    }

    public async Task<IExec> StartAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default)
    {
        var exec = await BeginAsync(command, options ?? ShellCommandOptions.Default, collect: false, cancellationToken).ConfigureAwait(false);
        using (cancellationToken.UnsafeRegister(static e => ((GuestExec)e!).CancelAsync(), exec))
        {
            // Told by the guest in any case: its begin, its withdrawal, or the end of the shell or the room.
            await exec.Started.ConfigureAwait(false);
        }
        if (exec.HasBegun) return exec;
        var result = await exec.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (result.ShellEnded) throw await HasEndedAsync().ConfigureAwait(false);
        throw result.Outcome == ExecOutcome.Lost
            ? new SandboxLostException(_endpoint.SandboxId, $"it ended ({_endpoint.ReadEnd().Reason})")
            : new ExecStartException(result.Error ?? "The command was not started.", notFound: false);
    }

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default)
    {
        if (!_hasTerminal) throw new InvalidOperationException($"Shell '{Id}' has no terminal.");
        TerminalFrames.Resize(_connection, Channel, size);
        return Task.CompletedTask;
    }

    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        if (!_ended.Task.IsCompleted) _connection.Send(FrameType.ShellClose, 0, _number);
        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isOwner)
        {
            await CloseAsync().ConfigureAwait(false);
            return;
        }
        if (!_ended.Task.IsCompleted) _connection.Send(FrameType.Detach, Channel);
        _connection.Close(Channel);
    }

    public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload)
    {
        switch (type)
        {
            case FrameType.ShellReady:
                var ready = new PayloadReader(payload.Span);
                _number = ready.U32();
                ready.U32();
                _hasTerminal = (ready.U32() & Payloads.HasTerminal) != 0;
                Path = ready.Text();
                _ready.TrySetResult(null);
                break;
            case FrameType.NotStarted:
                var failure = new PayloadReader(payload.Span);
                _ready.TrySetResult(new GuestExec.StartFailure((int)failure.U32(), (StartStage)failure.U32()));
                _connection.Close(Channel);
                break;
            case FrameType.NotRunning:
                _ready.TrySetResult(new GuestExec.StartFailure(Libc.ENOENT, StartStage.Id));
                _connection.Close(Channel);
                break;
            case FrameType.Output:
                TellBackground(ExecutionLog.ToChunk(LogRecord.Read(payload.Span), payload[LogRecord.HeaderSize..]));
                _connection.Send(FrameType.Credit, Channel, (uint)payload.Length);
                break;
            case FrameType.ShellEnded: OnEnded(EndRecord.Read(payload.Span)); break;
        }
    }

    public void OnLost() => OnEnded(ExecutionLog.ReadEnd(ExecutionLog.PathOf(_endpoint.ExecutionsDirectory, Id)));

    private void OnEnded(EndRecord? end)
    {
        Failpoint.Hit(HostFailpoint.ShellEnded);
        _connection.Close(Channel);
        // What ended, or was ended, before its first status is no shell.
        _ready.TrySetResult(new GuestExec.StartFailure(Libc.ENOEXEC, StartStage.Program));
        _ended.TrySetResult(end is { } known ? EndResults.ToResult(Id, "shell", known) : EndResults.Lost(Id, "The room ended first."));
    }

    // A handler that throws is an error of the program's, as in any event handler; the thread that receives for all rooms must not be the one to fall.
    private void TellBackground(OutputChunk chunk)
    {
        try
        {
            OnBackgroundOutput?.Invoke(chunk);
        }
        catch (Exception e)
        {
            ThreadPool.QueueUserWorkItem(static failure => ExceptionDispatchInfo.Throw(failure), e, preferLocal: false);
        }
    }

    private async Task<GuestExec> BeginAsync(string command, ShellCommandOptions options, bool collect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (command.Contains('\0')) throw new ArgumentException("A NUL character cannot be part of a shell command.", nameof(command));
        ExecRequest.CheckInput(options.Input is not null, options.StreamInput);
        if (_ended.Task.IsCompleted) throw await HasEndedAsync().ConfigureAwait(false);
        var text = Encoding.UTF8.GetBytes(command);
        if (text.Length > Payloads.MaxShellText)
            throw new ArgumentException($"A shell command may have {Payloads.MaxShellText >> 20} MiB; this one has {text.Length >> 20}. Put it into a file.", nameof(command));
        var exec = new GuestExec(_connection, _endpoint, new ExecutionId(Id, 0), "the command", collect ? new Collecting(options.MaxOutputBytes, options.OnOutput) : null);
        Send(exec, text, options, collect);
        if (options.Input is { } input) exec.SendWholeInput(input);
        return exec;
    }

    private void Send(GuestExec exec, ReadOnlySpan<byte> text, ShellCommandOptions options, bool collect)
    {
        const int Part = 512 << 10;
        for (; text.Length > Part; text = text[Part..]) _connection.Send(FrameType.ShellText, exec.Channel, text[..Part]);
        var writer = new PayloadWriter(text.Length + 20);
        writer.U32(_number);
        writer.U32((options.StreamInput || options.Input is not null ? Payloads.StreamInput : 0) | (collect ? 0 : Payloads.TellStart));
        writer.U32(ExecRequest.ToMilliseconds(options.Timeout));
        writer.U32(ExecRequest.ToMilliseconds(options.KillGrace));
        writer.U32(collect ? OutputStreamer.Window : 0);
        writer.Bytes(text);
        _connection.Send(ref writer, FrameType.ShellRun, exec.Channel);
        Failpoint.Hit(HostFailpoint.CommandSent);
        writer.Dispose();
    }

    private async Task<ShellEndedException> HasEndedAsync()
    {
        var end = await _ended.Task.ConfigureAwait(false);
        return new ShellEndedException(Id, TakenId.Describe(end));
    }
}
