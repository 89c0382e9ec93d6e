using System.Net.Sockets;
using Stateroom.Network;

namespace Stateroom.Agents.Broker;

/// <summary>
/// The model's API as a room sees it, on a port of its own loopback: requests that the agent in the room sends get the host's credential and go on to
/// the provider, to its two paths for messages alone, while a turn is open and within its budget. The credential never enters the room.
/// </summary>
internal sealed class ModelBroker : IAsyncDisposable
{
    private readonly IRoomListener _listener;
    private readonly BrokerOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free;
    private readonly BodyMemory.Share _memory;
    private readonly Lock _sync = new();
    private readonly HashSet<Task> _exchanges = [];
    private BrokerTurn? _turn;
    private int _isDisposed;

    /// <param name="listener">The port; the broker's own from now on.</param>
    /// <param name="options">How the provider is reached.</param>
    public ModelBroker(IRoomListener listener, BrokerOptions options)
    {
        (_listener, _options, _free, _memory) = (listener, options, new SemaphoreSlim(options.MostConnections), new BodyMemory.Share(options.Memory));
        Completion = AcceptAsync();
    }

    /// <value>Ends when the broker is disposed; fails when its port is lost, such as with <see cref="SandboxLostException"/>.</value>
    public Task Completion { get; }

    /// <summary>Opens a turn. One at a time.</summary>
    /// <param name="tokenBudget">The most tokens, as in <see cref="AgentOptions.TokenBudget"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="AgentConfigurationException">There is no credential; says what to set.</exception>
    /// <exception cref="InvalidOperationException">A turn is open.</exception>
    public async Task<BrokerTurn> BeginTurnAsync(long tokenBudget, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenBudget, 1);
        var credential = await _options.Credentials.FindAsync(_options.Agent, _options.TakesSubscription, cancellationToken).ConfigureAwait(false);
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
            if (_turn is not null) throw new InvalidOperationException("A turn is open already; end it before the next one.");
            return _turn = new BrokerTurn(credential, tokenBudget, _options.Time, End);
        }
    }

    /// <summary>Ends the turn, cuts off what runs, and lets go of the port.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        BrokerTurn? turn;
        lock (_sync) turn = _turn;
        turn?.Dispose();
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)Completion).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task[] exchanges;
        lock (_sync) exchanges = [.. _exchanges];
        await Task.WhenAll(exchanges).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _listener.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
                var connection = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                if (connection is NetworkStream { Socket.ProtocolType: ProtocolType.Tcp } tcp) tcp.Socket.NoDelay = true;
                Serve(connection);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private void Serve(Stream connection)
    {
        var exchange = Task.Run(() => new BrokerExchange(connection, _options, _memory, () => Volatile.Read(ref _turn)).RunAsync(_stop.Token));
        lock (_sync) _exchanges.Add(exchange);
        _ = exchange.ContinueWith(done =>
        {
            // Nothing that a room sends may fail its host; what was not foreseen is told with the turn.
            if (done.Exception?.InnerException is { } unforeseen) Volatile.Read(ref _turn)?.RecordFailure(500, $"The broker failed: {unforeseen.GetType().Name}.");
            lock (_sync) _exchanges.Remove(done);
            _free.Release();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private void End(BrokerTurn turn)
    {
        lock (_sync)
        {
            if (_turn == turn) _turn = null;
        }
    }
}
