using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Stateroom.Network.Proxy;

/// <summary>What the connections of a proxy share.</summary>
internal sealed record ProxyServices(NetworkGate Gate, NetworkRecorder Recorder, TimeProvider Time);

/// <summary>
/// A room's way to the hosts of its allow list: takes its turn to listen on the room's loopback for as long as it is connected to the room, and serves what
/// comes. Programs in the room find it by the usual variables.
/// </summary>
internal sealed class RoomProxy : IAsyncDisposable
{
    /// <summary>Connections at a time; the next one waits until one has ended.</summary>
    public const int MostConnections = 512;

    // A program in the room has the port, or the host is out of descriptors: neither tells when that is over.
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);

    private readonly IListeningSandbox _sandbox;
    private readonly ProxyServices _services;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free = new(MostConnections);
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _serving;

    /// <summary>Begins to wait for the port; the wish has been sent when this returns, ahead of whatever is sent to the room next.</summary>
    public RoomProxy(IListeningSandbox sandbox, ProxyServices services)
    {
        (_sandbox, _services) = (sandbox, services);
        _serving = ServeAsync();
    }

    /// <summary>Lets go of the port, and ends the connections that are left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
        await Task.WhenAll(_connections.Keys).ConfigureAwait(false);
        try
        {
            await _services.Recorder.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The session has been removed meanwhile, or its disk is full: a number is lost, and nobody is left to be told.
        }
        _stop.Dispose();
        _free.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    var listener = await _sandbox.ListenAsync(RoomPorts.Proxy, _stop.Token).ConfigureAwait(false);
                    await using (listener.ConfigureAwait(false)) await AcceptAsync(listener).ConfigureAwait(false);
                }
                catch (Exception failure) when (failure is IOException or SocketException)
                {
                    await Task.Delay(TryAgain, _services.Time, _stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception end) when (end is SandboxLostException || (end is OperationCanceledException && _stop.IsCancellationRequested))
        {
            // The room has gone, or nobody is left here to serve it.
        }
    }

    private async Task AcceptAsync(IRoomListener listener)
    {
        while (true)
        {
            await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
            Stream client;
            try
            {
                client = await listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch
            {
                _free.Release();
                throw;
            }
            var connection = ServeAsync(client);
            _connections.TryAdd(connection, true);
            _ = connection.ContinueWith(static (ended, connections) => ((ConcurrentDictionary<Task, bool>)connections!).TryRemove(ended, out _), _connections,
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async Task ServeAsync(Stream client)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await using (client.ConfigureAwait(false)) await ProxyConnection.ServeAsync(client, _services, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of its ends has gone, or the proxy has: there is nobody to tell.
        }
        finally
        {
            _free.Release();
        }
    }
}
