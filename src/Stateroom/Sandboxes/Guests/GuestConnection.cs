using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>What takes the frames of one channel. Called on the receiving loop: must not block.</summary>
internal interface IGuestChannel
{
    /// <param name="type">What it says.</param>
    /// <param name="payload">Valid until the call returns.</param>
    void OnFrame(FrameType type, ReadOnlyMemory<byte> payload);

    /// <summary>As above, for a channel that the flags matter to.</summary>
    void OnFrame(FrameType type, FrameFlags flags, ReadOnlyMemory<byte> payload) => OnFrame(type, payload);

    /// <summary>The connection has ended; no frame follows.</summary>
    void OnLost();
}

/// <summary>The host's end of the connection to a guest: sends frames from any thread, receives on one loop.</summary>
internal sealed class GuestConnection : IAsyncDisposable
{
    private const int ReceiveCapacity = FrameHeader.Size + Payloads.MaxOutput + LogRecord.HeaderSize + 4096;

    // A guest always reads; one that took nothing for so long is stuck or stopped.
    private const int SendPatienceMilliseconds = 30_000;

    private readonly Socket _socket;
    private readonly Lock _sending = new();
    private readonly ConcurrentDictionary<uint, IGuestChannel> _channels = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _partial;
    private int _partialLength;
    private uint _lastChannel;
    private volatile bool _lost;

    private GuestConnection(Socket socket) => _socket = socket;

    /// <summary>Completes when the connection has ended, for whatever reason; never fails.</summary>
    public Task Ended => _ended.Task;

    public bool IsLost => _lost;

    /// <summary>Connects and greets.</summary>
    /// <exception cref="SandboxLostException">Nobody answers there, or the guest ended before it answered.</exception>
    /// <exception cref="ProtocolMismatchException">The guest speaks another version.</exception>
    public static async Task<GuestConnection> ConnectAsync(string sandboxId, string socketPath, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var connection = new GuestConnection(socket);
        var greeting = new GreetingChannel(sandboxId);
        connection._channels[0] = greeting;
        try
        {
            SocketPaths.Connect(socket, socketPath);
            socket.Blocking = false;
            GuestReceiver.Add(connection, (int)socket.SafeHandle.DangerousGetHandle());
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SandboxLostException(sandboxId, $"its socket does not answer ({e.SocketErrorCode})");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        try
        {
            connection.SendHello();
            await greeting.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Gives a channel a number. The channel gets <see cref="IGuestChannel.OnLost"/> at once if the connection has ended.</summary>
    public uint Open(IGuestChannel channel)
    {
        var number = Interlocked.Increment(ref _lastChannel);
        _channels[number] = channel;
        if (_lost && _channels.TryRemove(number, out _)) channel.OnLost();
        return number;
    }

    public void Close(uint channel) => _channels.TryRemove(channel, out _);

    /// <summary>Sends a frame. A connection that has ended takes it silently: its channels are told.</summary>
    public void Send(ref PayloadWriter writer, FrameType type, uint channel, int descriptor = -1) =>
        SendRaw(writer.Finish(type, channel, descriptor >= 0 ? FrameFlags.Descriptor : FrameFlags.None), descriptor);

    public void Send(FrameType type, uint channel, ReadOnlySpan<byte> payload = default, FrameFlags flags = FrameFlags.None)
    {
        var writer = new PayloadWriter(payload.Length);
        writer.Bytes(payload);
        SendRaw(writer.Finish(type, channel, flags), -1);
        writer.Dispose();
    }

    public void Send(FrameType type, uint channel, uint value)
    {
        var writer = new PayloadWriter(4);
        writer.U32(value);
        SendRaw(writer.Finish(type, channel), -1);
        writer.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Break();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the connection. The receiving thread sees it, closes the descriptor and tells the channels.</summary>
    private void Break()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It never was connected, or has ended already.
        }
    }

    private void SendHello()
    {
        var writer = new PayloadWriter(8);
        writer.U32(ProtocolVersion.Magic);
        writer.U32(ProtocolVersion.Current);
        SendRaw(writer.Finish(FrameType.Hello, 0), -1);
        writer.Dispose();
    }

    private void SendRaw(ReadOnlySpan<byte> frame, int descriptor)
    {
        lock (_sending)
        {
            if (_lost) return;
            var handle = _socket.SafeHandle;
            var held = false;
            int errno;
            try
            {
                // A descriptor that is closed meanwhile could be another file's by the time of the call.
                handle.DangerousAddRef(ref held);
                Failpoint.Torn(HostFailpoint.FrameTorn, (int)handle.DangerousGetHandle(), frame);
                errno = Libc.SendAll((int)handle.DangerousGetHandle(), frame, descriptor, SendPatienceMilliseconds);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            finally
            {
                if (held) handle.DangerousRelease();
            }
            Failpoint.Hit(HostFailpoint.FrameSent);
            // Half a frame may be on its way: the connection is of no more use.
            if (errno != 0) Break();
        }
    }

    /// <summary>Takes what has come. False when the connection has ended. Called on the receiving thread alone.</summary>
    public bool Receive()
    {
        var buffer = _partial ?? ArrayPool<byte>.Shared.Rent(ReceiveCapacity);
        var n = _socket.Receive(buffer.AsSpan(_partialLength), SocketFlags.None, out var error);
        if (error is SocketError.WouldBlock or SocketError.Interrupted) n = 0;
        else if (error != SocketError.Success || n == 0) _partialLength = -1;
        try
        {
            if (_partialLength >= 0) _partialLength = Dispatch(buffer, _partialLength + n);
        }
        catch (ProtocolException)
        {
            // What the guest says cannot be trusted any more: its channels learn that the connection is lost.
            _partialLength = -1;
        }
        var isAlive = _partialLength >= 0;
        _partial = _partialLength > 0 ? buffer : null;
        if (_partial is null) ArrayPool<byte>.Shared.Return(buffer);
        return isAlive;
    }

    /// <summary>Tells all channels that the connection has ended. Called once, on the receiving thread.</summary>
    public void Finish()
    {
        _lost = true;
        _socket.Dispose();
        foreach (var number in _channels.Keys)
        {
            if (_channels.TryRemove(number, out var channel)) channel.OnLost();
        }
        _ended.TrySetResult();
    }

    /// <summary>Hands on all whole frames and moves the rest to the front. The rest's length, or -1 if the guest broke the protocol.</summary>
    private int Dispatch(byte[] buffer, int length)
    {
        var at = 0;
        while (length - at >= FrameHeader.Size)
        {
            var header = FrameHeader.Read(buffer.AsSpan(at));
            if (header.Length < 0 || header.Length > ReceiveCapacity - FrameHeader.Size) return -1;
            if (length - at - FrameHeader.Size < header.Length) break;
            if (_channels.TryGetValue(header.Channel, out var channel))
            {
                channel.OnFrame(header.Type, header.Flags, buffer.AsMemory(at + FrameHeader.Size, header.Length));
            }
            at += FrameHeader.Size + header.Length;
        }
        if (at > 0) Buffer.BlockCopy(buffer, at, buffer, 0, length - at);
        return length - at;
    }

    /// <summary>Channel 0: takes the answer to the greeting.</summary>
    private sealed class GreetingChannel(string sandboxId) : IGuestChannel
    {
        private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Answer => _answer.Task;

        public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload)
        {
            if (type == FrameType.Welcome) _answer.TrySetResult();
            else if (type == FrameType.Refused)
            {
                _answer.TrySetException(new ProtocolMismatchException(sandboxId, ProtocolVersion.Current, new PayloadReader(payload.Span).U32().ToString(CultureInfo.InvariantCulture)));
            }
        }

        public void OnLost() => _answer.TrySetException(new SandboxLostException(sandboxId, "it ended before it answered"));
    }
}
