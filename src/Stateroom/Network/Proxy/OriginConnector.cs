using System.Net;
using System.Net.Sockets;

namespace Stateroom.Network.Proxy;

/// <summary>Connects to the addresses of a decision, and to no others.</summary>
internal static class OriginConnector
{
    /// <summary>How long name and connection together may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // A name may have any number of addresses.
    private const int MostTried = 4;

    /// <summary>Tries one address after another.</summary>
    /// <exception cref="SocketException">None answered; the failure of the last.</exception>
    /// <exception cref="TimeoutException">None answered in time.</exception>
    public static async Task<NetworkStream> ConnectAsync(IReadOnlyList<IPAddress> addresses, int port, TimeProvider time, CancellationToken cancellationToken)
    {
        var tried = Math.Min(addresses.Count, MostTried);
        for (var i = 0; ; i++)
        {
            // One that swallows packets must not take the time of the next.
            using var limit = new CancellationTokenSource(Limit / tried, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], port), either.Token).ConfigureAwait(false);
                // A tunnel may be silent for long; one whose other end is gone for good is noticed by this alone.
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (Exception failure) when (failure is SocketException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                socket.Dispose();
                if (i + 1 < tried) continue;
                if (failure is SocketException) throw;
                throw new TimeoutException($"no answer within {Limit.TotalSeconds:0} s", failure);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }
}
