namespace Stateroom.Sessions;

/// <summary>A shell whose commands are written into the session's history before they are given to it.</summary>
internal sealed class CountingShell(IShell inner, SessionRecorder recorder) : IShell
{
    public string Id => inner.Id;

    public string Path => inner.Path;

    public Task<ExecResult> Ended => inner.Ended;

    public Action<OutputChunk>? OnBackgroundOutput
    {
        get => inner.OnBackgroundOutput;
        set => inner.OnBackgroundOutput = value;
    }

    public Task<ExecResult> RunAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        // A shell that has ended takes no command; the call below says so.
        if (!inner.Ended.IsCompleted) recorder.Command(inner.Id, inner.Id, command);
        return inner.RunAsync(command, options, cancellationToken);
    }

    public Task<IExec> StartAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (!inner.Ended.IsCompleted) recorder.Command(inner.Id, inner.Id, command);
        return inner.StartAsync(command, options, cancellationToken);
    }

    public Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) => inner.ResizeAsync(size, cancellationToken);

    public Task CloseAsync(CancellationToken cancellationToken = default) => inner.CloseAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
