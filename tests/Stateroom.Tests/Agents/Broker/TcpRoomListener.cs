using System.Net;
using System.Net.Sockets;
using Stateroom.Network;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>A port of this host in place of a room's.</summary>
internal sealed class TcpRoomListener : IRoomListener
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _lost = new();

    public TcpRoomListener() => _listener.Start(1000);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The room ends.</summary>
    public void Lose() => _lost.TrySetException(new SandboxLostException("web", "the room ended"));

    public async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
    {
        var accepted = _listener.AcceptSocketAsync(cancellationToken).AsTask();
        if (await Task.WhenAny(accepted, _lost.Task) == _lost.Task) await _lost.Task;
        return new NetworkStream(await accepted, ownsSocket: true);
    }

    public ValueTask DisposeAsync()
    {
        _listener.Stop();
        return ValueTask.CompletedTask;
    }
}
