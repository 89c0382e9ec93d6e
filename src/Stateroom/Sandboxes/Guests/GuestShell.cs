using System.Text;
using Stateroom.Execution;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>The host's view of one shell. The guest queues its commands; each has a channel of its own.</summary>
internal sealed class GuestShell : IShell, IGuestChannel
{
    private readonly TaskCompletionSource<GuestExec.StartFailure?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ExecResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestConnection _connection;
    private readonly string _logPath;
    private uint _number;

    public GuestShell(GuestConnection connection, string executionsDirectory, string id)
    {
        (_connection, Id) = (connection, id);
        _logPath = ExecutionLog.PathOf(executionsDirectory, id);
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
        cancellationToken.ThrowIfCancellationRequested();
        if (command.Contains('\0')) throw new ArgumentException("A NUL character cannot be part of a shell command.", nameof(command));
        if (_ended.Task.IsCompleted) throw new ShellEndedException(Id, Describe(await _ended.Task.ConfigureAwait(false)));
        var channel = new GuestShellCommand(_connection, this, options, _logPath);
        Send(channel.Channel, command, options);
        using var registration = cancellationToken.UnsafeRegister(static c => ((GuestShellCommand)c!).Cancel(), channel);
        var result = await channel.Ended.ConfigureAwait(false);
        if (result is { Outcome: ExecOutcome.NotStarted, ShellEnded: true }) throw new ShellEndedException(Id, Describe(await _ended.Task.ConfigureAwait(false)));
        if (result.Outcome == ExecOutcome.Canceled && cancellationToken.IsCancellationRequested) throw new ExecCanceledException(result, cancellationToken);
        return result;
    }

    public Task<IExec> StartAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        if (!_ended.Task.IsCompleted) _connection.Send(FrameType.ShellClose, 0, _number);
        await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload)
    {
        switch (type)
        {
            case FrameType.ShellReady:
                var ready = new PayloadReader(payload.Span);
                _number = ready.U32();
                ready.U32();
                Path = ready.Text();
                _ready.TrySetResult(null);
                break;
            case FrameType.NotStarted:
                var failure = new PayloadReader(payload.Span);
                _ready.TrySetResult(new GuestExec.StartFailure((int)failure.U32(), (StartStage)failure.U32()));
                _connection.Close(Channel);
                break;
            case FrameType.Output:
                OnBackgroundOutput?.Invoke(ExecutionLog.ToChunk(LogRecord.Read(payload.Span), payload[LogRecord.HeaderSize..]));
                _connection.Send(FrameType.Credit, Channel, (uint)payload.Length);
                break;
            case FrameType.ShellEnded: OnEnded(EndRecord.Read(payload.Span)); break;
        }
    }

    public void OnLost() => OnEnded(ExecutionLog.ReadEnd(_logPath));

    private void OnEnded(EndRecord? end)
    {
        _connection.Close(Channel);
        // A shell that ended before its first status is one that could not be used.
        _ready.TrySetResult(new GuestExec.StartFailure(0, StartStage.Program));
        _ended.TrySetResult(end is { } known ? EndResults.ToResult(Id, "shell", known) : EndResults.Lost(Id, "The room ended first."));
    }

    private void Send(uint channel, string command, ShellCommandOptions options)
    {
        var text = Encoding.UTF8.GetBytes(command).AsSpan();
        if (text.Length > Payloads.MaxShellText)
            throw new ArgumentException($"A shell command may have {Payloads.MaxShellText >> 20} MiB; this one has {text.Length >> 20}. Put it into a file.", nameof(command));
        const int Part = 512 << 10;
        for (; text.Length > Part; text = text[Part..]) _connection.Send(FrameType.ShellText, channel, text[..Part]);
        var writer = new PayloadWriter(text.Length + 16);
        writer.U32(_number);
        writer.U32(ExecRequest.ToMilliseconds(options.Timeout));
        writer.U32(ExecRequest.ToMilliseconds(options.KillGrace));
        writer.U32(OutputStreamer.Window);
        writer.Bytes(text);
        _connection.Send(ref writer, FrameType.ShellRun, channel);
        writer.Dispose();
    }

    private static string Describe(ExecResult end) => end.Outcome switch
    {
        ExecOutcome.Exited => $"exit code {end.ExitCode}",
        ExecOutcome.Signaled => $"signal {end.Signal}",
        _ => end.Error ?? end.Outcome.ToString(),
    };
}
