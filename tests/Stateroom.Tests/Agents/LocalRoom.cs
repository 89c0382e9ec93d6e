using System.Diagnostics;
using System.Globalization;

namespace Stateroom.Tests.Agents;

/// <summary>A stand-in for a room: each exec is a bubblewrap of its own over the same workspace and /tmp.</summary>
internal sealed class LocalRoom : ISandbox
{
    private readonly string _root = Directory.CreateTempSubdirectory("stateroom-agent-").FullName;
    private readonly TaskCompletionSource<SandboxEnd> _ended = new();
    private readonly List<LocalShell> _shells = [];
    private int _count;

    public LocalRoom()
    {
        foreach (var name in (string[])["workspace", "tmp", "control"])
            Directory.CreateDirectory(Path.Combine(_root, name));
        Id = Path.GetFileName(_root);
    }

    public string Id { get; }

    public string Runtime => "local";

    public string Workspace => Path.Combine(_root, "workspace");

    public SandboxReport Report => new(Runtime, false, [], []);

    public Task<SandboxEnd> Ended => _ended.Task;

    /// <summary>Set, every call fails as it does in a room that has ended.</summary>
    public bool IsLost { get; set; }

    public IReadOnlyList<LocalShell> Shells => _shells;

    public ProcessStartInfo Wrap(IEnumerable<string> argv)
    {
        var start = new ProcessStartInfo("bwrap") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] options =
        [
            "--unshare-all", "--die-with-parent", "--uid", "1000", "--gid", "1000", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
            "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--ro-bind", "/etc/alternatives", "/etc/alternatives", "--proc", "/proc",
            "--dev", "/dev", "--bind", Path.Combine(_root, "tmp"), "/tmp", "--bind", Path.Combine(_root, "control"), "/control", "--bind", Workspace,
            "/workspace", "--chdir", "/workspace", "--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/tmp",
        ];
        foreach (var argument in options.Concat(argv))
            start.ArgumentList.Add(argument);
        return start;
    }

    public string ControlFile(string name) => Path.Combine(_root, "control", name);

    public async Task<ExecResult> ExecAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfLost();
        options ??= ExecOptions.Default;
        using var process = Process.Start(Wrap(argv))!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout ?? Patience.Limit);
        var output = Task.WhenAll(ReadAsync(process.StandardOutput.BaseStream), ReadAsync(process.StandardError.BaseStream));
        await process.StandardInput.BaseStream.WriteAsync(options.Input ?? default, CancellationToken.None);
        process.StandardInput.Close();
        var outcome = ExecOutcome.Exited;
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            outcome = cancellationToken.IsCancellationRequested ? ExecOutcome.Canceled : ExecOutcome.TimedOut;
        }

        var (stdout, stderr) = (await output) is [var a, var b] ? (a, b) : default;
        var result = new ExecResult
        {
            ExecId = (++_count).ToString(CultureInfo.InvariantCulture),
            Outcome = outcome,
            ExitCode = outcome == ExecOutcome.Exited ? process.ExitCode : null,
            Stdout = stdout.AsMemory(0, Math.Min(stdout.Length, options.MaxOutputBytes)),
            Stderr = stderr.AsMemory(0, Math.Min(stderr.Length, options.MaxOutputBytes)),
            StdoutBytes = stdout.Length,
            StderrBytes = stderr.Length,
        };
        return outcome == ExecOutcome.Canceled ? throw new ExecCanceledException(result, cancellationToken) : result;
    }

    public Task<ExecResult> RunAsync(string line, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        ExecAsync(["sh", "-c", line], options, cancellationToken);

    public Task<IShell> OpenShellAsync(ShellOptions? options = null, CancellationToken cancellationToken = default)
    {
        ThrowIfLost();
        var shell = new LocalShell(this, $"shell-{_shells.Count + 1}");
        _shells.Add(shell);
        return Task.FromResult<IShell>(shell);
    }

    public Task<IExec> StartAsync(IReadOnlyList<string> argv, ExecOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IExec> AttachAsync(string execId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default) => Task.FromResult(TimeSpan.Zero);

    public Task KeepRunningAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken = default) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        foreach (var shell in _shells)
            await shell.DisposeAsync();
        _ended.TrySetResult(new SandboxEnd(SandboxEndReason.Stopped));
        if (Directory.Exists(_root))
            Directory.Delete(_root, recursive: true);
    }

    private void ThrowIfLost()
    {
        if (IsLost)
            throw new SandboxLostException(Id, "it was killed");
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory);
        return memory.ToArray();
    }
}
