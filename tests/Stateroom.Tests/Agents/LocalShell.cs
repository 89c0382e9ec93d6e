using System.Diagnostics;
using System.Globalization;

namespace Stateroom.Tests.Agents;

/// <summary>The shell of a <see cref="LocalRoom"/>: one bash in one bubblewrap, its commands and their output in files. A timeout ends the shell.</summary>
internal sealed class LocalShell : IShell
{
    private readonly LocalRoom _room;
    private readonly Process _process;
    private readonly TaskCompletionSource<ExecResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public LocalShell(LocalRoom room, string id)
    {
        _room = room;
        Id = id;
        _process = Process.Start(room.Wrap(["bash", "--noprofile", "--norc"]))!;
    }

    public string Id { get; }

    public string Path => "/usr/bin/bash";

    public Task<ExecResult> Ended => _ended.Task;

    public Action<OutputChunk>? OnBackgroundOutput { get; set; }

    public async Task<ExecResult> RunAsync(string command, ShellCommandOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (_ended.Task.IsCompleted)
            throw new ShellEndedException(Id, "it was closed");
        options ??= ShellCommandOptions.Default;
        var name = $"{Id}-{++_count}";
        await File.WriteAllTextAsync(_room.ControlFile(name), command, CancellationToken.None);
        await _process.StandardInput.WriteLineAsync($"eval \"$(cat /control/{name})\" </dev/null >/control/{name}.out 2>/control/{name}.err; echo $?");
        await _process.StandardInput.FlushAsync(CancellationToken.None);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout ?? Patience.Limit);
        string? status = null;
        var outcome = ExecOutcome.Exited;
        try
        {
            status = await _process.StandardOutput.ReadLineAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            outcome = cancellationToken.IsCancellationRequested ? ExecOutcome.Canceled : ExecOutcome.TimedOut;
        }

        var hasEnded = status is null;
        if (hasEnded)
            await CloseAsync(CancellationToken.None);
        var result = Result(name, outcome, status is null ? (outcome == ExecOutcome.Exited ? _process.ExitCode : null) : int.Parse(status, CultureInfo.InvariantCulture), hasEnded);
        if (hasEnded)
            _ended.TrySetResult(result);
        return outcome == ExecOutcome.Canceled ? throw new ExecCanceledException(result, cancellationToken) : result;
    }

    public async Task CloseAsync(CancellationToken cancellationToken = default)
    {
        if (!_process.HasExited)
        {
            // Where the end came of itself, its code is wanted; a killed one has none.
            _process.StandardInput.Close();
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            try
            {
                await _process.WaitForExitAsync(soon.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(cancellationToken);
            }
        }

        _ended.TrySetResult(new ExecResult { ExecId = Id, Outcome = ExecOutcome.Exited, ExitCode = _process.ExitCode });
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    private ExecResult Result(string name, ExecOutcome outcome, int? code, bool hasEnded)
    {
        var stdout = Read($"{name}.out");
        var stderr = Read($"{name}.err");
        return new ExecResult
        {
            ExecId = Id, Outcome = outcome, ExitCode = code, ShellEnded = hasEnded,
            Stdout = stdout, StdoutBytes = stdout.Length, Stderr = stderr, StderrBytes = stderr.Length,
        };
    }

    private byte[] Read(string name) => File.Exists(_room.ControlFile(name)) ? File.ReadAllBytes(_room.ControlFile(name)) : [];
}
