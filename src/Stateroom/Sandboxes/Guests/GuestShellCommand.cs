using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>One command in a shell, from its place in the queue to its end.</summary>
internal sealed class GuestShellCommand : IGuestChannel
{
    private readonly TaskCompletionSource<ExecResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestConnection _connection;
    private readonly GuestShell _shell;
    private readonly OutputCollector _collector;
    private EndRecord? _end;

    public GuestShellCommand(GuestConnection connection, GuestShell shell, ShellCommandOptions options, string logPath)
    {
        (_connection, _shell) = (connection, shell);
        _collector = new OutputCollector(logPath, options.MaxOutputBytes, options.OnOutput, Grant, Conclude);
        Channel = connection.Open(this);
    }

    public uint Channel { get; }

    public Task<ExecResult> Ended => _ended.Task;

    public void Cancel() => _connection.Send(FrameType.Cancel, Channel);

    public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload)
    {
        switch (type)
        {
            case FrameType.Output: _collector.Record(payload); break;
            case FrameType.CatchUp:
                var reader = new PayloadReader(payload.Span);
                _collector.CatchUp(reader.I64(), reader.I64());
                break;
            case FrameType.Ended:
                _connection.Close(Channel);
                _end = EndRecord.Read(payload.Span);
                _collector.End();
                break;
        }
    }

    public void OnLost() => _collector.End();

    private void Grant(uint bytes) => _connection.Send(FrameType.Credit, Channel, bytes);

    private void Conclude()
    {
        if (_collector.Failure is { } failure and not IOException)
        {
            _ended.TrySetException(failure);
            return;
        }
        var result = _end is { } end ? EndResults.ToResult(_shell.Id, "command", end) : EndResults.Lost(_shell.Id, "The room ended first.");
        _ended.TrySetResult(result with
        {
            Stdout = _collector.Stdout,
            Stderr = _collector.Stderr,
            StdoutBytes = Math.Max(result.StdoutBytes, _collector.Stdout.Length),
            StderrBytes = Math.Max(result.StderrBytes, _collector.Stderr.Length),
            Error = _collector.Failure is { } missing ? $"A part of the output could not be read from its log: {missing.Message}" : result.Error,
        });
    }
}
