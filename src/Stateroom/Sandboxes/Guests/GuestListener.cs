using System.Net.Sockets;
using Stateroom.Native;
using Stateroom.Network;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>A port in a room, from the request for it on.</summary>
internal sealed class GuestListener : IRoomListener, IGuestChannel
{
    // Not an errno: the connection to the guest has ended.
    private const int Lost = -1;

    private readonly TaskCompletionSource<int> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _lost = new();
    private readonly GuestConnection _connection;
    private readonly Func<SandboxLostException> _loss;
    private readonly uint _channel;
    private Socket? _socket;
    private int _disposed;

    private GuestListener(GuestConnection connection, Func<SandboxLostException> loss)
    {
        (_connection, _loss) = (connection, loss);
        _channel = connection.Open(this);
    }

    /// <inheritdoc cref="IListeningSandbox.ListenAsync"/>
    /// <param name="connection">The connection.</param>
    /// <param name="loss">Says that the room has gone.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellationToken">Gives up the place in the queue.</param>
    public static async Task<IRoomListener> ListenAsync(GuestConnection connection, Func<SandboxLostException> loss, int port, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        cancellationToken.ThrowIfCancellationRequested();
        var errno = Libc.SocketPair(out var own, out var guests);
        if (errno != 0) throw new IOException($"Port {port} of the room cannot be asked for: {Libc.Describe(errno)}.");
        var listener = new GuestListener(connection, loss);
        try
        {
            try
            {
                listener.SendRequest(port, guests);
            }
            finally
            {
                Libc.close(guests);
            }
            errno = await listener._turn.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (errno == Lost) throw loss();
            if (errno != 0) throw new IOException($"Port {port} of the room's loopback cannot be had: {Libc.Describe(errno)}. A program in the room may listen there.");
            listener.Take(own);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            Libc.close(own);
        }
    }

    public async Task<Stream> AcceptAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _lost.Token);
        while (true)
        {
            try
            {
                return new NetworkStream(await _socket!.AcceptAsync(stop.Token).ConfigureAwait(false), ownsSocket: true);
            }
            catch (Exception failure) when (_lost.IsCancellationRequested && failure is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                throw _loss();
            }
            catch (SocketException failure) when (failure.SocketErrorCode == SocketError.InvalidArgument)
            {
                // The guest has shut it: for the guest this connection has ended already.
                throw _loss();
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // This one has gone before it was accepted; the next may be there (accept(2)).
                continue;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return ValueTask.CompletedTask;
        // Ours is closed before the guest gives the port to the next.
        _socket?.Dispose();
        _connection.Send(FrameType.Detach, _channel);
        _connection.Close(_channel);
        return ValueTask.CompletedTask;
    }

    public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload)
    {
        if (type == FrameType.Listening) _turn.TrySetResult(0);
        else if (type == FrameType.NotListening) _turn.TrySetResult((int)new PayloadReader(payload.Span).U32());
    }

    public void OnLost()
    {
        _ = _lost.CancelAsync();
        // How the room ended is read from its disk, which is not for the thread that receives for all rooms.
        _turn.TrySetResult(Lost);
    }

    private void SendRequest(int port, int guests)
    {
        var writer = new PayloadWriter(4);
        writer.U32((uint)port);
        _connection.Send(ref writer, FrameType.Listen, _channel, guests);
        writer.Dispose();
    }

    private void Take(int own)
    {
        var descriptor = Libc.ReceiveDescriptor(own);
        if (descriptor < 0) throw _lost.IsCancellationRequested ? _loss() : new IOException("The guest gave a port and sent no socket.");
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }
}
