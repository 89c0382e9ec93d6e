namespace Stateroom.Network;

/// <summary>A sandbox in which the host can listen. Programs in the room connect to 127.0.0.1 as to any server.</summary>
internal interface IListeningSandbox
{
    /// <summary>
    /// Waits for its turn to listen on a port of the room's loopback: one client of the guest at a time has a port, the next one gets it when that one
    /// lets go or is gone. While nobody has it, connections to it are refused at once.
    /// </summary>
    /// <param name="port">From 1 to 65535.</param>
    /// <param name="cancellationToken">Gives up the place in the queue.</param>
    /// <exception cref="IOException">The port cannot be had in the room, for example because a program in it listens there.</exception>
    /// <exception cref="SandboxLostException">The room has ended.</exception>
    Task<IRoomListener> ListenAsync(int port, CancellationToken cancellationToken);
}

/// <summary>The right to a port in a room. Disposing lets go of it; connections that were accepted live on.</summary>
internal interface IRoomListener : IAsyncDisposable
{
    /// <summary>The next connection. The caller owns the stream.</summary>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="SandboxLostException">The room has ended, or the right to the port was lost with the connection to its guest.</exception>
    Task<Stream> AcceptAsync(CancellationToken cancellationToken);
}

/// <summary>The ports of a room's loopback that the host serves.</summary>
internal static class RoomPorts
{
    // Below the range that the kernel takes for connections by itself (ip_local_port_range, ip(7): from 32768).
    public const int Proxy = 17281, Broker = 17282;
}
