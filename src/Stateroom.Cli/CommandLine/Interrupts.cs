using System.Runtime.InteropServices;

namespace Stateroom.Cli.CommandLine;

/// <summary>
/// What Ctrl-C, SIGTERM and SIGHUP do. By default the first one cancels the verb, which then cleans up, and a second one ends the process at
/// once. A verb may take them over (<see cref="Handle"/>).
/// </summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly PosixSignalRegistration[] _registrations;
    private volatile Func<PosixSignal, bool>? _handler;
    private volatile int _signal;

    public Interrupts() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Received),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Received),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, Received),
    ];

    public CancellationToken Token => _cancel.Token;

    /// <summary>The last signal that came, by number; 0 for none.</summary>
    public int Signal => _signal;

    /// <summary>128 and the signal that cancelled.</summary>
    public int ExitCode => 128 + (_signal == 0 ? 2 : _signal);

    /// <summary>Lets <paramref name="handler"/> have the signals; it returns false for one that should cancel the verb after all.</summary>
    public IDisposable Handle(Func<PosixSignal, bool> handler)
    {
        _handler = handler;
        return new Release(this);
    }

    public static int NumberOf(PosixSignal signal) => signal switch { PosixSignal.SIGTERM => 15, PosixSignal.SIGHUP => 1, _ => 2 };

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _cancel.Dispose();
    }

    private void Received(PosixSignalContext context)
    {
        // The second signal of a verb that cleans up already is not why it ends.
        if (!_cancel.IsCancellationRequested) _signal = NumberOf(context.Signal);
        if (_handler?.Invoke(context.Signal) == true)
        {
            context.Cancel = true;
            return;
        }
        // Left alone, the second signal ends the process as the system would.
        if (_cancel.IsCancellationRequested) return;
        context.Cancel = true;
        _cancel.Cancel();
    }

    private sealed class Release(Interrupts owner) : IDisposable
    {
        public void Dispose() => owner._handler = null;
    }
}
