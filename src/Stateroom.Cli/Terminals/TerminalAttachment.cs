using System.Runtime.InteropServices;
using System.Text;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Terminals;

/// <summary>Connects the user's terminal with that of an exec: keys and sizes one way, output the other.</summary>
/// <param name="exec">The exec.</param>
/// <param name="keys">What detaches; null if only a signal does.</param>
internal sealed class TerminalAttachment(IExec exec, DetachKeys? keys)
{
    private const int SIGHUP = 1;

    private readonly TaskCompletionSource<int> _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Shows what the terminal in the room shows, and from where on its output follows.</summary>
    public static async Task<OutputOffsets> ShowAsync(IExec exec, CancellationToken cancellationToken)
    {
        var screen = await exec.ReadScreenAsync(cancellationToken);
        // What was on the user's screen goes into the scrollback instead of being cleared.
        if (UserTerminal.IsShown) DescriptorStream.Stdout.Write(Encoding.ASCII.GetBytes($"\e[{UserTerminal.Size.Rows};1H{new string('\n', UserTerminal.Size.Rows)}"));
        await DescriptorStream.Stdout.WriteAsync(screen.Redraw, cancellationToken);
        return screen.Next;
    }

    /// <summary>Runs until the program ends or the user leaves.</summary>
    /// <param name="begin">What to do first, in raw mode; gives the position in the output to go on from.</param>
    /// <param name="interrupts">A signal makes the user leave.</param>
    /// <param name="leave">What is done to the exec when the user leaves by a signal; null if it is left alone.</param>
    /// <returns>How the program ended; or the signal by which the user left, 0 for the detach keys.</returns>
    public async Task<(ExecResult? End, int Signal)> RunAsync(Func<Task<OutputOffsets>> begin, Interrupts interrupts, Func<Task>? leave = null)
    {
        using var raw = RawMode.Enter();
        using var handling = interrupts.Handle(signal => _left.TrySetResult(Interrupts.NumberOf(signal)) || true);
        try
        {
            return await RunAsync(raw, await begin(), leave);
        }
        finally
        {
            Restore();
        }
    }

    private async Task<(ExecResult? End, int Signal)> RunAsync(RawMode raw, OutputOffsets from, Func<Task>? leave)
    {
        using var resizes = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Resize());
        using var resumes = PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Resume(raw));
        // It may have changed before its changes were told.
        Resize();
        new Thread(ForwardKeys) { IsBackground = true, Name = "keys" }.Start();
        using var stop = new CancellationTokenSource();
        var output = PumpAsync(from, stop.Token);
        if (await Task.WhenAny(output, _left.Task) == _left.Task)
        {
            if (leave is null || _left.Task.Result == 0)
            {
                await stop.CancelAsync();
                await output;
                return (null, _left.Task.Result);
            }
            await leave();
        }
        await output;
        return _left.Task.IsCompleted && leave is null ? (null, _left.Task.Result) : (await exec.WaitAsync(CancellationToken.None), 0);
    }

    private async Task PumpAsync(OutputOffsets from, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var chunk in exec.ReadOutputAsync(from, cancellationToken))
            {
                var known = (int)Math.Clamp(from.Stdout - chunk.Offset, 0, chunk.Data.Length);
                await DescriptorStream.Stdout.WriteAsync(chunk.Data[known..], CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The user has left; the program goes on.
        }
        catch (IOException)
        {
            // The user's terminal has gone: the same as if it had told so with a signal.
            _left.TrySetResult(SIGHUP);
        }
    }

    /// <summary>On a thread of its own, since a read of a terminal cannot be cancelled.</summary>
    private void ForwardKeys()
    {
        var buffer = new byte[64 << 10];
        var forward = new List<byte>();
        try
        {
            int count;
            while ((count = UserTerminal.Read(buffer)) > 0)
            {
                forward.Clear();
                var isDetached = keys is not null ? keys.Scan(buffer.AsSpan(0, count), forward) : Take(buffer.AsSpan(0, count), forward);
                if (forward.Count > 0) exec.WriteInputAsync(forward.ToArray()).GetAwaiter().GetResult();
                if (isDetached && _left.TrySetResult(0)) return;
            }
            _left.TrySetResult(SIGHUP);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or StateroomException)
        {
            // The program has ended, or the room: its end is told where it is waited for.
        }
    }

    private static bool Take(ReadOnlySpan<byte> typed, List<byte> forward)
    {
        forward.AddRange(typed);
        return false;
    }

    private void Resume(RawMode raw)
    {
        raw.Apply();
        Resize();
    }

    private void Resize()
    {
        try
        {
            exec.ResizeAsync(UserTerminal.Size).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is InvalidOperationException or StateroomException)
        {
            // The program has ended, or the room: its end is told where it is waited for.
        }
    }

    private static void Restore()
    {
        try
        {
            TerminalReset.Write();
        }
        catch (IOException)
        {
            // The terminal has gone, and with it all that was to be restored.
        }
    }
}
