using System.Runtime.InteropServices;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Network;
using Stateroom.Cli.Output;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Execution;

/// <summary>Runs one program in a room as if it ran here: its bytes, its signals, its end.</summary>
internal static class RoomProgram
{
    private const int SIGINT = 2;

    public static async Task<int> RunAsync(Invocation invocation, string[] argv)
    {
        var id = invocation.SessionId();
        var options = ExecArguments.Read(invocation);
        await using var stateroom = StateroomHost.Local();
        var session = await stateroom.OpenAsync(id, new OpenOptions { KeepRunning = true }, invocation.Cancellation);
        try
        {
            var since = TimeProvider.System.GetUtcNow();
            var code = await (options.Terminal is null ? RunAsync(invocation, session, argv, options) : RunOnTerminalAsync(invocation, session, argv, options));
            await Refusals.TellAsync(session, since);
            return code;
        }
        finally
        {
            await DetachAsync(session);
        }
    }

    private static async Task<int> RunAsync(Invocation invocation, ISession session, string[] argv, ExecOptions options)
    {
        IExec? started = null;
        var interrupts = 0;
        using var handling = invocation.Interrupts.Handle(signal =>
        {
            if (started is not { } running) return false;
            // As at a terminal, the first Ctrl-C is the program's own affair. A second one, or SIGTERM, ends its whole tree.
            var count = signal == PosixSignal.SIGINT ? Interlocked.Increment(ref interrupts) : 2;
            // Whoever goes on has a reason: nobody reads our output, or the room does not answer.
            if (count > 2) return false;
            Watch(count == 1 ? running.SignalAsync(SIGINT) : running.CancelAsync());
            return true;
        });
        await using var exec = await session.StartAsync(argv, options, CancellationToken.None);
        started = exec;
        if (invocation.Cancellation.IsCancellationRequested) await exec.CancelAsync(CancellationToken.None);

        // Not awaited: a read of our standard input cannot be cancelled, and the program's end is what counts.
        var input = new InputForwarder(exec);
        if (options.StreamInput) _ = input.RunAsync();
        var sink = new OutputSink(invocation.Json);
        await PumpAsync(exec, sink);
        var result = await exec.WaitAsync(CancellationToken.None);
        var failure = input.Failure ?? DescribeMissing(sink.Missing, result);
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(sink.View(result with { Error = failure ?? result.Error }, CanceledBy(invocation, result)), CliJson.Default.ExecView));
        else if (failure is not null) Diagnostics.Error(input.Failure is null ? "output_incomplete" : "input_failed", failure, json: false);
        else Explain(result, options);
        return failure is null ? ExitCode(invocation, result) : ExitCodes.StateroomFailed;
    }

    /// <summary>Null if all that was printed has come through. Else the command's own code would pass for that of what was seen.</summary>
    private static string? DescribeMissing(OutputOffsets missing, ExecResult result) => missing == default ? null :
        $"{missing.Stdout} bytes of stdout and {missing.Stderr} of stderr are missing; the command's own code was {result.ToShellCode()}. " +
        (result.Error ?? "They were given up before they could be read (RetentionOptions.MaxBytesPerExecution).");

    /// <summary>Keys such as Ctrl-C are the program's; a signal to this process ends it.</summary>
    private static async Task<int> RunOnTerminalAsync(Invocation invocation, ISession session, string[] argv, ExecOptions options)
    {
        await using var exec = await session.StartAsync(argv, options, invocation.Cancellation);
        var (end, _) = await new TerminalAttachment(exec, keys: null).RunAsync(
            () => Task.FromResult(default(OutputOffsets)), invocation.Interrupts, () => exec.CancelAsync(CancellationToken.None));
        Explain(end!, options);
        return ExitCode(invocation, end!);
    }

    /// <summary>The signal to this process for which the command was ended; null if it ended by itself or for another reason.</summary>
    private static int? CanceledBy(Invocation invocation, ExecResult result) =>
        result.Outcome == ExecOutcome.Canceled && invocation.Interrupts.Signal is > 0 and var signal ? signal : null;

    private static int ExitCode(Invocation invocation, ExecResult result) => CanceledBy(invocation, result) is { } signal ? 128 + signal : result.ToShellCode();

    /// <summary>The command has its own end; counters that cannot be written now are counted from the history by whoever comes next.</summary>
    public static async Task DetachAsync(ISession session)
    {
        try
        {
            await session.DisposeAsync();
        }
        catch (IOException e)
        {
            Diagnostics.Error(Failures.CodeOf(e) is "disk_full" and var full ? full : "counters_not_written", e.Message, json: false);
        }
    }

    private static async Task PumpAsync(IExec exec, OutputSink sink)
    {
        try
        {
            await foreach (var chunk in exec.ReadOutputAsync()) await sink.WriteAsync(chunk);
        }
        catch (OutputFailedException)
        {
            // What SIGPIPE does to a program whose reader has gone.
            await exec.CancelAsync(CancellationToken.None);
            throw;
        }
    }

    public static void Explain(ExecResult result, ExecOptions options)
    {
        if (result.Outcome == ExecOutcome.TimedOut) Diagnostics.Error("timeout", $"The command's time was over ({options.Timeout!.Value.TotalSeconds:0.###} s); it was ended.", json: false);
        if (result.Outcome == ExecOutcome.NotStarted) Diagnostics.Error("exec_not_started", result.Error ?? "The program could not be started.", json: false);
        if (result.Outcome is not (ExecOutcome.NotStarted or ExecOutcome.Lost) && result.Error is { } missing) Diagnostics.Error("output_incomplete", missing, json: false);
        if (result.Outcome == ExecOutcome.Lost) Diagnostics.Error("sandbox_lost", result.Error ?? "The room ended before the command's end was known.", json: false);
    }

    private static void Watch(Task sending) => sending.ContinueWith(
        t => Diagnostics.Error("signal_not_sent", t.Exception!.InnerException!.Message, json: false),
        CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
