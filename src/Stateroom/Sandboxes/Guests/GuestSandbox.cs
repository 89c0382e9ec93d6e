using System.Diagnostics;
using Stateroom.Execution;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Network;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>A room as its guest's connection shows it. The same for every runtime.</summary>
internal sealed class GuestSandbox : ISandbox, IListeningSandbox
{
    private readonly GuestEndpoint _endpoint;
    private readonly GuestConnection _connection;
    private readonly TimeProvider _time;
    private readonly Task<SandboxEnd> _ended;
    private volatile bool _disposed;

    private GuestSandbox(GuestEndpoint endpoint, GuestConnection connection, TimeProvider time)
    {
        (_endpoint, _connection, _time) = (endpoint, connection, time);
        _ended = WatchAsync();
    }

    public string Id => _endpoint.SandboxId;

    public string Runtime => _endpoint.Report.Runtime;

    public SandboxReport Report => _endpoint.Report;

    public Task<SandboxEnd> Ended => _ended;

    /// <summary>Connects to a guest that runs or is starting.</summary>
    /// <exception cref="SandboxLostException">The guest ended before it answered.</exception>
    /// <exception cref="ProtocolMismatchException">The guest speaks another version.</exception>
    public static async Task<GuestSandbox> ConnectAsync(GuestEndpoint endpoint, CancellationToken cancellationToken, TimeProvider? time = null)
    {
        var connection = await GuestConnection.ConnectAsync(endpoint.SandboxId, endpoint.SocketPath, cancellationToken).ConfigureAwait(false);
        Failpoint.Hit(HostFailpoint.RoomConnected);
        return new GuestSandbox(endpoint, connection, time ?? TimeProvider.System);
    }

    public async Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var exec = Begin(argv, options ??= ExecOptions.Default, collect: false, out var attached);
        if (attached) return await AttachAsync(exec.Id, cancellationToken).ConfigureAwait(false);
        GuestExec.StartFailure? failure;
        try
        {
            failure = await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Nobody would have a handle of it.
            await exec.CancelAsync(CancellationToken.None).ConfigureAwait(false);
            await exec.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        if (failure is not null)
            throw new ExecStartException(EndResults.DescribeFailure(Describe(argv), failure.Errno, failure.Stage), failure is { Stage: StartStage.Program, Errno: Libc.ENOENT });
        if (exec.ProcessId is null) throw Lost();
        return exec;
    }

    public async Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= ExecOptions.Default;
        if (options.StreamInput) throw new ArgumentException("Input can be streamed only to an exec of StartAsync.", nameof(options));
        cancellationToken.ThrowIfCancellationRequested();
        var exec = Begin(argv, options, collect: true, out _);
        using var registration = cancellationToken.UnsafeRegister(static e => ((GuestExec)e!).CancelAsync(), exec);
        var result = await exec.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        if (result.Outcome == ExecOutcome.Canceled && cancellationToken.IsCancellationRequested) throw new ExecCanceledException(result, cancellationToken);
        return result;
    }

    public Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        ExecAsync(["/bin/sh", "-c", line], options, cancellationToken);

    public async Task<IExec> AttachAsync(string execId, CancellationToken cancellationToken = default)
    {
        if (!ExecutionId.TryParse(execId, out var id) || !File.Exists(ExecutionLog.PathOf(_endpoint.ExecutionsDirectory, id.Log))) throw new ExecNotFoundException(execId);
        if (id.Command is null) TakenId.CheckIsExec(_endpoint.ExecutionsDirectory, execId);
        var exec = new GuestExec(_connection, _endpoint, id, execId);
        SendAttach(exec, credit: 0);
        await exec.Started.WaitAsync(cancellationToken).ConfigureAwait(false);
        return exec;
    }

    public async Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= ShellOptions.Default;
        foreach (var (name, value) in options.Environment) ExecRequest.CheckVariable(name, value);
        if (options.Terminal is { } size) ExecRequest.CheckSize(size);
        if (options.ShellId is { } given) ExecRequest.CheckId(given, "Shell");
        if (_connection.IsLost) throw Lost();
        var id = options.ShellId ?? SessionId.New(_time);
        if (CreateLog(id, isShell: true, options.Terminal is not null, options.Shell is null ? [] : [options.Shell], options.WorkingDirectory, out var length) is not { } descriptor)
            return await AttachToOpenedAsync(id, cancellationToken).ConfigureAwait(false);
        var shell = new GuestShell(_connection, _endpoint, id, isOwner: true);
        try
        {
            var writer = new PayloadWriter(256);
            writer.I64(length);
            writer.I64(_endpoint.LogLimit);
            writer.U32(OutputStreamer.Window);
            ExecRequest.WriteSize(ref writer, options.Terminal);
            writer.Text(id);
            writer.Text(options.Shell ?? "");
            writer.Text(ExecRequest.Directory(options.WorkingDirectory));
            ExecRequest.WriteEnvironment(ref writer, options.Environment);
            _connection.Send(ref writer, FrameType.ShellOpen, shell.Channel, descriptor);
            Failpoint.Hit(HostFailpoint.ShellSent);
            writer.Dispose();
        }
        finally
        {
            Libc.close(descriptor);
        }
        var failure = await shell.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (failure is null) return shell;
        if (_connection.IsLost) throw Lost();
        var what = $"shell '{options.Shell ?? "bash or sh"}' in '{ExecRequest.Directory(options.WorkingDirectory)}'";
        throw new ExecStartException(EndResults.DescribeFailure(what, failure.Errno, failure.Stage), failure is { Stage: StartStage.Program, Errno: Libc.ENOENT });
    }

    public async Task<IShell> AttachShellAsync(string shellId, CancellationToken cancellationToken = default)
    {
        if (!SessionId.IsValid(shellId)) throw new ExecNotFoundException(shellId);
        var shell = new GuestShell(_connection, _endpoint, shellId, isOwner: false);
        var writer = new PayloadWriter(80);
        writer.U32(OutputStreamer.Window);
        writer.Text(shellId);
        _connection.Send(ref writer, FrameType.ShellAttach, shell.Channel);
        writer.Dispose();
        var failure = await shell.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (failure is null) return shell;
        throw _connection.IsLost ? Lost() : new ExecNotFoundException(shellId);
    }

    private async Task<IShell> AttachToOpenedAsync(string id, CancellationToken cancellationToken)
    {
        TakenId.CheckIsShell(_endpoint.ExecutionsDirectory, id);
        try
        {
            return await AttachShellAsync(id, cancellationToken).ConfigureAwait(false);
        }
        catch (ExecNotFoundException)
        {
            throw TakenId.Ended(_endpoint.ExecutionsDirectory, id);
        }
    }

    public async Task<IReadOnlyList<RoomProcess>> ListProcessesAsync(CancellationToken cancellationToken = default) =>
        await ProcessListing.AskAsync(_connection, cancellationToken).ConfigureAwait(false) ?? throw Lost();

    public Task<IRoomListener> ListenAsync(int port, CancellationToken cancellationToken) => GuestListener.ListenAsync(_connection, Lost, port, cancellationToken);

    public async Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        var start = Stopwatch.GetTimestamp();
        var pong = new PongChannel();
        var channel = _connection.Open(pong);
        _connection.Send(FrameType.Ping, channel);
        try
        {
            if (!await pong.Answer.WaitAsync(cancellationToken).ConfigureAwait(false)) throw Lost();
        }
        finally
        {
            _connection.Close(channel);
        }
        return Stopwatch.GetElapsedTime(start);
    }

    public async Task KeepRunningAsync(CancellationToken cancellationToken = default)
    {
        _connection.Send(FrameType.KeepRunning, 0);
        Failpoint.Hit(HostFailpoint.KeepSent);
        await PingAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _connection.Send(FrameType.Stop, 0);
        Failpoint.Hit(HostFailpoint.StopSent);
        await _ended.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _connection.Ended.ConfigureAwait(false);
    }

    private async Task<SandboxEnd> WatchAsync()
    {
        await _connection.Ended.ConfigureAwait(false);
        return _disposed ? new SandboxEnd(SandboxEndReason.Detached) : _endpoint.ReadEnd();
    }

    /// <summary>Sends the start of an exec, or the attach to one that has the id already.</summary>
    private GuestExec Begin(IReadOnlyList<string> argv, ExecOptions options, bool collect, out bool attached)
    {
        ExecRequest.Check(argv, options);
        if (_connection.IsLost) throw Lost();
        var id = options.ExecId ?? SessionId.New(_time);
        var log = CreateLog(id, isShell: false, options.Terminal is not null, argv, options.WorkingDirectory, out var length);
        attached = log is null;
        if (attached) TakenId.CheckIsExec(_endpoint.ExecutionsDirectory, id);
        var exec = new GuestExec(_connection, _endpoint, new ExecutionId(id), Describe(argv), collect ? new Collecting(options.MaxOutputBytes, options.OnOutput) : null);
        var credit = collect ? OutputStreamer.Window : 0;
        if (log is not { } descriptor)
        {
            if (collect) SendAttach(exec, credit);
            return exec;
        }
        try
        {
            var writer = new PayloadWriter(512);
            ExecRequest.Write(ref writer, id, argv, options, credit, length, _endpoint.LogLimit);
            _connection.Send(ref writer, FrameType.ExecStart, exec.Channel, descriptor);
            Failpoint.Hit(HostFailpoint.ExecSent);
            writer.Dispose();
        }
        finally
        {
            Libc.close(descriptor);
        }
        if (options.Input is { } input) exec.SendWholeInput(input);
        return exec;
    }

    private int? CreateLog(string id, bool isShell, bool hasTerminal, IReadOnlyList<string> argv, string? directory, out long length)
    {
        var request = ExecutionLog.DescribeRequest(new RecordedRequest(id, Id, isShell, hasTerminal, argv, directory, _time.GetUtcNow()));
        return ExecutionLog.TryCreate(ExecutionLog.PathOf(_endpoint.ExecutionsDirectory, id), request, out var descriptor, out length) ? descriptor : null;
    }

    private void SendAttach(GuestExec exec, uint credit)
    {
        var writer = new PayloadWriter(80);
        writer.U32(credit);
        writer.Text(exec.Id);
        _connection.Send(ref writer, FrameType.ExecAttach, exec.Channel);
        writer.Dispose();
    }

    private SandboxLostException Lost() => new(Id, _disposed ? "this handle was disposed" : $"it ended ({_endpoint.ReadEnd().Reason})");

    private static string Describe(IReadOnlyList<string> argv) => $"'{argv[0]}'";

    /// <summary>Waits for a pong: true, or false when the connection is lost.</summary>
    private sealed class PongChannel : IGuestChannel
    {
        private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<bool> Answer => _answer.Task;

        public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload) => _answer.TrySetResult(true);

        public void OnLost() => _answer.TrySetResult(false);
    }
}
