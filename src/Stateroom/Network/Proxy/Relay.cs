using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using Stateroom.Network.Http;

namespace Stateroom.Network.Proxy;

/// <summary>Passes bytes on as they come. A reader that stops stops the writer: nothing is kept but one buffer a direction.</summary>
internal static class Relay
{
    private const int BufferBytes = 32 << 10, MostChunk = 16 << 10;

    /// <summary>Both ways until both have ended; the end of one way is passed on and leaves the other open.</summary>
    public static async Task BothWaysAsync(HttpInput input, Stream client, NetworkStream origin, CancellationToken cancellationToken)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = WayAsync(UpAsync(input, client, origin, broken.Token), origin, broken);
        var down = WayAsync(CopyAsync(origin, client, broken.Token), client, broken);
        await Task.WhenAll(up, down).ConfigureAwait(false);
    }

    /// <summary>One way, until its source ends.</summary>
    public static async Task CopyAsync(Stream source, Stream target, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var got and > 0)
                await target.WriteAsync(buffer.AsMemory(0, got), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>One way, in chunks (RFC 9112, 7.1).</summary>
    public static async Task CopyChunkedAsync(Stream source, Stream target, CancellationToken cancellationToken)
    {
        // Before the data the size in hexadecimal, always of the same length, and the end of line; behind it the end of line.
        const int before = 6, after = 2;
        var buffer = ArrayPool<byte>.Shared.Rent(before + MostChunk + after);
        try
        {
            while (await source.ReadAsync(buffer.AsMemory(before, MostChunk), cancellationToken).ConfigureAwait(false) is var got and > 0)
            {
                got.TryFormat(buffer, out _, "X4", CultureInfo.InvariantCulture);
                "\r\n"u8.CopyTo(buffer.AsSpan(before - 2));
                "\r\n"u8.CopyTo(buffer.AsSpan(before + got));
                await target.WriteAsync(buffer.AsMemory(0, before + got + after), cancellationToken).ConfigureAwait(false);
            }
            await target.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A client may send on before it has the answer to its CONNECT.
    private static async Task UpAsync(HttpInput input, Stream client, Stream origin, CancellationToken cancellationToken)
    {
        if (input.Buffered > 0)
        {
            var early = new byte[input.Buffered];
            await origin.WriteAsync(early.AsMemory(0, await input.ReadAsync(early, cancellationToken).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
        }
        await CopyAsync(client, origin, cancellationToken).ConfigureAwait(false);
    }

    private static async Task WayAsync(Task copy, Stream target, CancellationTokenSource broken)
    {
        try
        {
            await copy.ConfigureAwait(false);
            if (target is NetworkStream network) network.Socket.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // A connection that broke has no way back either.
            await broken.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
