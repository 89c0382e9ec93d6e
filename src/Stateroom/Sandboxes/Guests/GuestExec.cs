using Stateroom.Execution;
using Stateroom.Execution.Terminals;
using Stateroom.Faults;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>The host's view of one exec: a channel of the connection, and the exec's log.</summary>
internal sealed class GuestExec : IExec, IGuestChannel
{
    private readonly TaskCompletionSource<StartFailure?> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<ExecResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestConnection _connection;
    private readonly GuestEndpoint _endpoint;
    private readonly string _what;
    private readonly string _logPath;
    private readonly Lock _lock = new();
    private readonly OutputCollector? _collector;
    private ExecutionId _id;
    private InputWriter? _input;
    private IOutputTarget? _target;
    private EndRecord? _end;
    private long _logOffset;
    private List<byte[]>? _early;
    private bool _hasTerminal, _over, _unread;

    /// <param name="connection">The connection.</param>
    /// <param name="endpoint">The room.</param>
    /// <param name="id">Its id. The number of a shell's new command is 0 until the guest tells it.</param>
    /// <param name="what">What is run, for messages.</param>
    /// <param name="collecting">How the output is collected for the result; null leaves it to a reader.</param>
    public GuestExec(GuestConnection connection, GuestEndpoint endpoint, ExecutionId id, string what, Collecting? collecting = null)
    {
        (_connection, _endpoint, _id, _what) = (connection, endpoint, id, what);
        _logPath = ExecutionLog.PathOf(endpoint.ExecutionsDirectory, id.Log);
        if (collecting is not null) _target = _collector = new OutputCollector(_logPath, collecting, Grant, Conclude);
        Channel = connection.Open(this);
    }

    /// <summary>Why an exec could not be started.</summary>
    public sealed record StartFailure(int Errno, StartStage Stage);

    /// <summary>True once the guest has said that it runs.</summary>
    public bool HasBegun { get; private set; }

    public string Id => _id.ToString();

    public int? ProcessId { get; private set; }

    public uint Channel { get; }

    /// <summary>Null once it runs.</summary>
    public Task<StartFailure?> Started => _started.Task;

    public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload)
    {
        switch (type)
        {
            case FrameType.Started: OnStarted(new PayloadReader(payload.Span)); break;
            case FrameType.NotStarted: OnNotStarted(payload.Span); break;
            case FrameType.NotRunning: OnNotRunning(); break;
            case FrameType.Output: OnOutput(payload); break;
            case FrameType.CatchUp:
                var reader = new PayloadReader(payload.Span);
                OnCatchUp(reader.I64(), reader.I64(), reader.U32());
                break;
            case FrameType.Credit: _input?.Grant(new PayloadReader(payload.Span).U32()); break;
            case FrameType.InputClosed: _input?.ClosedByProcess(); break;
            case FrameType.Ended: OnEnded(EndRecord.Read(payload.Span)); break;
        }
    }

    public void OnLost()
    {
        // The guest records output and end before it tells them: the log may know what the connection did not bring.
        EndFromLog();
    }

    public IAsyncEnumerable<OutputChunk> ReadOutputAsync(OutputOffsets from = default, CancellationToken cancellationToken = default)
    {
        OutputPosition.Check(from);
        OutputStreamer streamer;
        lock (_lock)
        {
            if (_target is not null) throw new InvalidOperationException("The output of this handle is being read, or was collected, already. Attach again to read it anew.");
            _target = streamer = new OutputStreamer(_logPath, _id.Command, Grant, from);
            if (_over || _unread) streamer.CatchUp(_logOffset, long.MaxValue);
            foreach (var record in _early ?? []) streamer.Record(record);
            _early = null;
            if (_over) streamer.End(_end);
            else Grant(OutputStreamer.Window);
        }
        return streamer.ReadAsync(cancellationToken);
    }

    public Task WriteInputAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) => Input.WriteAsync(data, cancellationToken);

    public Task CloseInputAsync(CancellationToken cancellationToken = default) => Input.CloseAsync(cancellationToken);

    public Task SignalAsync(int signal, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signal, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(signal, 64);
        _connection.Send(FrameType.Signal, Channel, (uint)signal);
        return Task.CompletedTask;
    }

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default)
    {
        if (!_hasTerminal) throw new InvalidOperationException($"Exec '{Id}' has no terminal, or had ended when this handle attached.");
        TerminalFrames.Resize(_connection, Channel, size);
        return Task.CompletedTask;
    }

    public Task<TerminalScreen> ReadScreenAsync(CancellationToken cancellationToken = default) => Task.Run(() => ScreenReplay.Read(_logPath, _id), cancellationToken);

    public Task CancelAsync(CancellationToken cancellationToken = default)
    {
        _connection.Send(FrameType.Cancel, Channel);
        return Task.CompletedTask;
    }

    public Task<ExecResult> WaitAsync(CancellationToken cancellationToken = default) => _ended.Task.WaitAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (!_over) _connection.Send(FrameType.Detach, Channel);
        }
        _connection.Close(Channel);
        return ValueTask.CompletedTask;
    }

    /// <summary>Sends all of the input and closes it. A program that does not want all of it, such as "head", is its own affair.</summary>
    public void SendWholeInput(ReadOnlyMemory<byte> input)
    {
        _input = new InputWriter(_connection, Channel);
        _ = _input.WriteAllAsync(input);
    }

    private InputWriter Input => _input ?? throw new InvalidOperationException("This exec was not started with StreamInput, or had ended when this handle attached.");

    private void Grant(uint bytes) => _connection.Send(FrameType.Credit, Channel, bytes);

    private void OnStarted(PayloadReader payload)
    {
        ProcessId = (int)payload.U32();
        var flags = payload.U32();
        var command = payload.U32();
        if (command > 0) _id = _id with { Command = command };
        _logOffset = payload.I64();
        _hasTerminal = (flags & Payloads.HasTerminal) != 0;
        if ((flags & Payloads.StreamInput) != 0) _input ??= new InputWriter(_connection, Channel);
        HasBegun = true;
        Failpoint.Hit(HostFailpoint.ExecStarted);
        _started.TrySetResult(null);
    }

    private void OnNotStarted(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var failure = new StartFailure((int)reader.U32(), (StartStage)reader.U32());
        _started.TrySetResult(failure);
        OnEnded(new EndRecord { Kind = EndKind.NotStarted, ExitCode = -1, Errno = failure.Errno, Stage = failure.Stage });
    }

    /// <summary>Attached to an exec that has ended: all there is to know is in its log.</summary>
    private void OnNotRunning()
    {
        // First, so that whoever reads as soon as it is started finds it.
        EndFromLog();
    }

    /// <summary>Without credit the guest sends only what it cannot record and cannot leave in a pipe: a little, which is kept for a reader to come.</summary>
    private void OnOutput(ReadOnlyMemory<byte> record)
    {
        lock (_lock)
        {
            if (_target is null)
            {
                (_early ??= []).Add(record.ToArray());
                return;
            }
        }
        _target.Record(record);
    }

    /// <summary>Without credit the guest tells where the output lies just before it tells the end: whoever begins to read in between finds it there.</summary>
    private void OnCatchUp(long from, long to, uint command)
    {
        if (command > 0) _collector?.Command = command;
        lock (_lock)
        {
            if (_target is null) _unread = true;
            else _target.CatchUp(from, to);
        }
    }

    private void OnEnded(EndRecord? end)
    {
        IOutputTarget? target;
        lock (_lock)
        {
            if (_over) return;
            (_over, _end) = (true, end);
            if (end is { Command: > 0 and var command }) _id = _id with { Command = command };
            // A reader that comes after this finds all in the log, and must not be told the end before it has it.
            target = _target;
        }
        Failpoint.Hit(HostFailpoint.ExecEnded);
        _connection.Close(Channel);
        _started.TrySetResult(null);
        _input?.ClosedByProcess();
        if (target is null) Conclude();
        else target.End(end);
        // A reader has its own end in the stream; who only waits must not wait for it.
        if (target is OutputStreamer) Conclude();
    }

    private void Conclude()
    {
        if (_collector?.Failure is { } failure && failure is not IOException)
        {
            _ended.TrySetException(failure);
            return;
        }
        var result = _end is { } end ? EndResults.ToResult(Id, _what, end) : EndResults.Lost(Id, LostReason());
        _ended.TrySetResult(result with
        {
            Stdout = _collector?.Stdout ?? default,
            Stderr = _collector?.Stderr ?? default,
            StdoutBytes = Math.Max(result.StdoutBytes, _collector?.Stdout.Length ?? 0),
            StderrBytes = Math.Max(result.StderrBytes, _collector?.Stderr.Length ?? 0),
            Error = _collector?.DescribeMissing() ?? result.Error,
        });
    }

    private void EndFromLog()
    {
        if (_id.Command is 0 && _collector?.Command is { } number) _id = _id with { Command = number };
        // A command that never got a number has no record.
        if (_id.Command is not 0) OnCatchUp(_logOffset, long.MaxValue, _id.Command ?? 0);
        OnEnded(_id.Command is 0 ? null : ExecutionLog.ReadEnd(_logPath, _id.Command));
    }

    private string LostReason() => _connection.IsLost ? $"The room ended first: {_endpoint.ReadEnd().Reason}." : "The room has no record of its end.";
}
