using Stateroom.Faults;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Sends standard input within the credit that the guest gives.</summary>
internal sealed class InputWriter(GuestConnection connection, uint channel)
{
    private const int Piece = 64 << 10;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _lock = new();
    private long _credit = Payloads.InputWindow;
    private TaskCompletionSource? _more;
    private bool _ended;
    private bool _closedByProcess;

    public void Grant(uint bytes)
    {
        lock (_lock)
        {
            _credit += bytes;
            _more?.TrySetResult();
        }
    }

    /// <summary>The process has closed its input or has ended: nobody waits any more.</summary>
    public void ClosedByProcess()
    {
        lock (_lock)
        {
            _closedByProcess = true;
            _more?.TrySetResult();
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_ended) throw new InvalidOperationException("Standard input of this exec has been closed.");
            while (data.Length > 0)
            {
                var size = await TakeCreditAsync(Math.Min(data.Length, Piece), cancellationToken).ConfigureAwait(false);
                connection.Send(FrameType.Input, channel, data.Span[..size]);
                Failpoint.Hit(HostFailpoint.InputSent);
                data = data[size..];
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes everything and closes; a reader that has gone ends it without an error.</summary>
    public async Task WriteAllAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            await WriteAsync(data, CancellationToken.None).ConfigureAwait(false);
            await CloseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The program closed its input or ended: what it did not read it did not want.
        }
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_ended) connection.Send(FrameType.Input, channel, default, FrameFlags.End);
        _ended = true;
        _turn.Release();
    }

    private async Task<int> TakeCreditAsync(int wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_closedByProcess) throw new IOException("The program has closed its standard input or has ended.");
                if (_credit > 0)
                {
                    var taken = (int)Math.Min(wanted, _credit);
                    _credit -= taken;
                    return taken;
                }
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = _more.Task;
            }
            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
