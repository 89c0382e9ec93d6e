using Stateroom.Network;

namespace Stateroom.Sessions;

/// <summary>A session's sandbox: writes each command into the history before it is started, then hands it on.</summary>
internal sealed class CountingSandbox(ISandbox inner, SessionRecorder recorder, SessionRetention retention, IReadOnlyList<string> notes) : ISandbox, IListeningSandbox
{
    /// <value>What this process serves the room with; ends with this handle. Null if that is nothing.</value>
    public IAsyncDisposable? Service { get; init; }

    public string Id => inner.Id;

    public string Runtime => inner.Runtime;

    public SandboxReport Report { get; } = notes.Count == 0 ? inner.Report : inner.Report with { Missing = [.. inner.Report.Missing, .. notes] };

    public Task<SandboxEnd> Ended => inner.Ended;

    public Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        options?.ExecId is { } id ? StartOnceAsync(id, argv, options, cancellationToken) : inner.StartAsync(argv, Record(argv, options), cancellationToken);

    public Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        options?.ExecId is { } id ? ExecOnceAsync(id, argv, options, cancellationToken) : inner.ExecAsync(argv, Record(argv, options), cancellationToken);

    public Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        options?.ExecId is { } id ? RunOnceAsync(id, line, options, cancellationToken) : inner.RunAsync(line, Record(line, options), cancellationToken);

    public Task<IExec> AttachAsync(string execId, CancellationToken cancellationToken = default) => inner.AttachAsync(execId, cancellationToken);

    public async Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default)
    {
        retention.CountStart();
        return new CountingShell(await inner.OpenShellAsync(options, cancellationToken).ConfigureAwait(false), recorder);
    }

    public async Task<IShell> AttachShellAsync(string shellId, CancellationToken cancellationToken = default) =>
        new CountingShell(await inner.AttachShellAsync(shellId, cancellationToken).ConfigureAwait(false), recorder);

    public Task<IReadOnlyList<RoomProcess>> ListProcessesAsync(CancellationToken cancellationToken = default) => inner.ListProcessesAsync(cancellationToken);

    public Task<IRoomListener> ListenAsync(int port, CancellationToken cancellationToken) => inner is IListeningSandbox listening
        ? listening.ListenAsync(port, cancellationToken)
        : throw new NotSupportedException($"Runtime '{inner.Runtime}' has no ports that the host can listen on.");

    public Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default) => inner.PingAsync(cancellationToken);

    public Task KeepRunningAsync(CancellationToken cancellationToken = default) => inner.KeepRunningAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken = default) => inner.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Service is not null) await Service.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await inner.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ExecOptions Record(IReadOnlyList<string> argv, ExecOptions? options)
    {
        ArgumentNullException.ThrowIfNull(argv);
        return Record(CommandText.Of(argv), options);
    }

    private ExecOptions Record(string command, ExecOptions? options)
    {
        var id = SessionId.New(recorder.Time);
        recorder.Command(id, null, command);
        retention.CountStart();
        return (options ?? ExecOptions.Default) with { ExecId = id };
    }

    private async Task<IExec> StartOnceAsync(string id, IReadOnlyList<string> argv, ExecOptions options, CancellationToken cancellationToken)
    {
        await CountOnceAsync(id, CommandText.Of(argv), cancellationToken).ConfigureAwait(false);
        return await inner.StartAsync(argv, options, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ExecResult> ExecOnceAsync(string id, IReadOnlyList<string> argv, ExecOptions options, CancellationToken cancellationToken)
    {
        await CountOnceAsync(id, CommandText.Of(argv), cancellationToken).ConfigureAwait(false);
        return await inner.ExecAsync(argv, options, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ExecResult> RunOnceAsync(string id, string line, ExecOptions options, CancellationToken cancellationToken)
    {
        await CountOnceAsync(id, line, cancellationToken).ConfigureAwait(false);
        return await inner.RunAsync(line, options, cancellationToken).ConfigureAwait(false);
    }

    // A second start under an id attaches to the first: it is not another command.
    private async Task CountOnceAsync(string id, string command, CancellationToken cancellationToken)
    {
        if (!recorder.IsNew(id)) return;
        try
        {
            await using ((await inner.AttachAsync(id, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false)) return;
        }
        catch (ExecNotFoundException)
        {
            recorder.Command(id, null, command);
            retention.CountStart();
        }
    }
}
