using System.Collections.Concurrent;
using System.Text;

namespace Stateroom.Tests.Sessions;

/// <summary>Rooms without processes, for the states of sessions. One instance stands for the machine: hosts that share it are its processes.</summary>
internal sealed class MemoryRuntime : ISandboxRuntime
{
    public ConcurrentDictionary<string, MemoryRoom> Rooms { get; } = new();

    public Func<SandboxSpec, CancellationToken, Task>? OnStart { get; set; }

    public Action<SandboxSpec, string>? OnRun { get; set; }

    public int Started;

    public string Name => "bubblewrap";

    public IEnumerable<MemoryRoom> Living => Rooms.Values.Where(room => room.End is null);

    public Task<IReadOnlyList<HostFinding>> CheckHostAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<HostFinding>>([new HostFinding("memory", FindingLevel.Ok, "There is memory.")]);

    public async Task<ISandbox> StartAsync(SandboxSpec spec, CancellationToken cancellationToken = default)
    {
        if (OnStart is not null) await OnStart(spec, cancellationToken);
        Assert.True(Directory.Exists(spec.Workspace) && Directory.Exists(spec.Home) && Directory.Exists(spec.Executions));
        Interlocked.Increment(ref Started);
        var room = new MemoryRoom(this, spec);
        Assert.True(Rooms.TryAdd(spec.SandboxId, room));
        return room.Connect();
    }

    public Task<ISandbox?> AdoptAsync(SandboxSpec spec, CancellationToken cancellationToken = default) =>
        Task.FromResult<ISandbox?>(Rooms.TryGetValue(spec.SandboxId, out var room) && room.End is null ? room.Connect() : null);

    public bool IsAlive(string sandboxId) => Rooms.TryGetValue(sandboxId, out var room) && room.End is null;

    public Task KillAsync(string sandboxId, CancellationToken cancellationToken = default)
    {
        if (Rooms.TryGetValue(sandboxId, out var room)) room.Finish(SandboxEndReason.Lost);
        return Task.CompletedTask;
    }

    public SandboxEndRecord? ReadEnd(string sandboxId) => Rooms.TryGetValue(sandboxId, out var room) ? room.End : null;

    public Task<IReadOnlyList<string>> SweepAsync(Func<string, bool> belongs, CancellationToken cancellationToken = default)
    {
        var lines = new List<string>();
        foreach (var room in Living.Where(room => !belongs(room.Spec.SandboxId)))
        {
            room.Finish(SandboxEndReason.Stopped);
            lines.Add(room.Spec.SandboxId);
        }
        return Task.FromResult<IReadOnlyList<string>>(lines);
    }
}

internal sealed class MemoryRoom(MemoryRuntime runtime, SandboxSpec spec)
{
    private readonly Lock _sync = new();
    private readonly TaskCompletionSource<SandboxEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;
    private bool _keep = spec.KeepRunning;

    public SandboxSpec Spec { get; } = spec;

    public MemoryRuntime Runtime { get; } = runtime;

    public SandboxEndRecord? End { get; private set; }

    public Task<SandboxEnd> Ended => _ended.Task;

    public ConcurrentQueue<string> Commands { get; } = new();

    public ConcurrentDictionary<string, bool> ExecIds { get; } = new();

    public MemorySandbox Connect()
    {
        lock (_sync) _connections++;
        return new MemorySandbox(this);
    }

    public void Keep()
    {
        lock (_sync) _keep = true;
    }

    public void Disconnect()
    {
        lock (_sync)
        {
            if (--_connections > 0 || _keep) return;
        }
        Finish(SandboxEndReason.LastHandleGone);
    }

    public void Finish(SandboxEndReason reason, DateTimeOffset? at = null)
    {
        lock (_sync)
        {
            if (End is not null) return;
            End = new SandboxEndRecord(at ?? TimeProvider.System.GetUtcNow(), new SandboxEnd(reason));
        }
        _ended.TrySetResult(End.End);
    }
}

internal sealed class MemorySandbox(MemoryRoom room) : ISandbox
{
    private int _disposed;

    public string Id => room.Spec.SandboxId;

    public string Runtime => room.Runtime.Name;

    public SandboxReport Report { get; } = new("memory", false, [], []);

    public Task<SandboxEnd> Ended => room.Ended;

    public Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("These rooms have no processes.");

    public Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        RunAsync(string.Join(' ', argv), options, cancellationToken);

    public Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (room.End is not null) throw new SandboxLostException(Id, "it has ended");
        if (room.ExecIds.TryAdd(options!.ExecId!, true))
        {
            room.Commands.Enqueue(line);
            room.Runtime.OnRun?.Invoke(room.Spec, line);
        }
        return Task.FromResult(new ExecResult { ExecId = options.ExecId!, Outcome = ExecOutcome.Exited, ExitCode = 0, Stdout = Encoding.UTF8.GetBytes(line) });
    }

    public Task<IExec> AttachAsync(string execId, CancellationToken cancellationToken = default) =>
        room.ExecIds.ContainsKey(execId) ? Task.FromResult<IExec>(new MemoryExec(execId)) : Task.FromException<IExec>(new ExecNotFoundException(execId));

    public Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default) =>
        Task.FromResult<IShell>(new MemoryShell(this));

    public Task<IShell> AttachShellAsync(string shellId, CancellationToken cancellationToken = default) => throw new NotSupportedException("These rooms have no processes.");

    public Task<IReadOnlyList<RoomProcess>> ListProcessesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("These rooms have no processes.");

    public Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default) =>
        room.End is null ? Task.FromResult(TimeSpan.Zero) : throw new SandboxLostException(Id, "it has ended");

    public Task KeepRunningAsync(CancellationToken cancellationToken = default)
    {
        room.Keep();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        room.Finish(SandboxEndReason.Stopped);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) room.Disconnect();
        return ValueTask.CompletedTask;
    }
}

internal sealed class MemoryExec(string id) : IExec
{
    public string Id => id;

    public int? ProcessId => null;

    public IAsyncEnumerable<OutputChunk> ReadOutputAsync(OutputOffsets from = default, CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<OutputChunk>();

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) => throw new NotSupportedException("These rooms have no processes.");

    public Task<TerminalScreen> ReadScreenAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException("These rooms have no processes.");

    public Task WriteInputAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task CloseInputAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task SignalAsync(int signal, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task CancelAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<ExecResult> WaitAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult(new ExecResult { ExecId = id, Outcome = ExecOutcome.Exited, ExitCode = 0 });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

internal sealed class MemoryShell(MemorySandbox sandbox) : IShell
{
    private readonly TaskCompletionSource<ExecResult> _ended = new();

    public string Id => "shell-1";

    public string Path => "/bin/sh";

    public Task<ExecResult> Ended => _ended.Task;

    public Action<OutputChunk>? OnBackgroundOutput { get; set; }

    public Task<ExecResult> RunAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default) =>
        _ended.Task.IsCompleted
            ? throw new ShellEndedException(Id, "closed")
            : sandbox.RunAsync(command, new ExecOptions { ExecId = SessionId.New() }, cancellationToken);

    public Task<IExec> StartAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException("These rooms have no processes.");

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) => throw new NotSupportedException("These rooms have no processes.");

    public Task CloseAsync(CancellationToken cancellationToken = default)
    {
        _ended.TrySetResult(new ExecResult { ExecId = Id, Outcome = ExecOutcome.Exited, ExitCode = 0 });
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => new(CloseAsync());
}
