using System.Buffers;
using System.Net.Sockets;

namespace Stateroom.Network.Http;

/// <summary>Ends a connection so that the client can read the answer, also when it was still sending.</summary>
internal static class ConnectionEnd
{
    // Time and bytes for a client to notice; what goes on sending is cut off.
    private const int MostBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A socket that is closed with unread bytes resets the connection, and the reset overtakes the answer (RFC 9112, 9.6). So no more is sent,
    /// and what comes is read and dropped until the client closes.
    /// </summary>
    public static async Task LingerAsync(Stream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (stream is NetworkStream network) network.Socket.Shutdown(SocketShutdown.Send);
            for (var left = MostBytes; left > 0;)
            {
                var got = await stream.ReadAsync(buffer, both.Token).ConfigureAwait(false);
                if (got == 0) return;
                left -= got;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client has gone, or had its time: the connection ends either way.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
