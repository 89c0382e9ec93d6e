using System.Text;
using Stateroom.Native;
using Stateroom.Network;
using Stateroom.Protocol;
using Stateroom.Sandboxes.Guests;

namespace Stateroom.Tests.Conformance;

/// <summary>Ports of the room's loopback that the host serves.</summary>
public class RoomPortTests : RoomTest
{
    private const int Port = RoomPorts.Proxy;

    private static readonly string Ask = $"exec 3<>/dev/tcp/127.0.0.1/{Port} && echo question >&3 && cat <&3";

    private IListeningSandbox Ports => (IListeningSandbox)Room;

    [Fact]
    public async Task A_program_in_the_room_talks_to_the_host_as_to_any_server()
    {
        await using var listener = await ListenAsync();
        var answer = Room.ExecAsync(["bash", "-c", Ask]);
        await AnswerAsync(listener, "answer");
        Assert.Equal("answer", (await answer.WaitAsync(Patience.Limit)).StdoutText);
    }

    [Fact]
    public async Task While_nobody_serves_a_port_connections_are_refused_at_once()
    {
        Assert.Contains("Connection refused", await RefusedAsync());
        await (await ListenAsync()).DisposeAsync();
        await Room.PingAsync();
        Assert.Contains("Connection refused", await RefusedAsync());
    }

    [Fact]
    public async Task The_port_goes_to_the_next_in_the_queue_when_its_holder_lets_go()
    {
        await using var other = await Stateroom.OpenAsync("room").WaitAsync(Patience.Limit);
        var first = await ListenAsync();
        var second = ((IListeningSandbox)other.Sandbox).ListenAsync(Port, CancellationToken.None);
        // In the queue when its connection has answered a later question.
        await other.Sandbox.PingAsync();
        var third = Ports.ListenAsync(Port, CancellationToken.None);
        Assert.False(second.IsCompleted);
        await first.DisposeAsync();
        await using (var held = await second.WaitAsync(Patience.Limit))
        {
            Assert.False(third.IsCompleted);
            await ServesAsync(held, "second");
        }
        await using var last = await third.WaitAsync(Patience.Limit);
        await ServesAsync(last, "third");
    }

    [Fact]
    public async Task The_port_goes_to_the_next_when_the_process_of_its_holder_has_gone()
    {
        var other = await Stateroom.OpenAsync("room").WaitAsync(Patience.Limit);
        var lost = await ((IListeningSandbox)other.Sandbox).ListenAsync(Port, CancellationToken.None).WaitAsync(Patience.Limit);
        var accept = lost.AcceptAsync(CancellationToken.None);
        var next = Ports.ListenAsync(Port, CancellationToken.None);
        await Room.PingAsync();
        // Its connection ends and the listener is not let go of, as when a process is killed.
        await other.DisposeAsync();
        await using var held = await next.WaitAsync(Patience.Limit);
        await Assert.ThrowsAsync<SandboxLostException>(() => accept.WaitAsync(Patience.Limit));
        await ServesAsync(held, "next");
        await lost.DisposeAsync();
    }

    [Fact]
    public async Task A_place_in_the_queue_can_be_given_up()
    {
        var first = await ListenAsync();
        using var stop = new CancellationTokenSource();
        var gone = Ports.ListenAsync(Port, stop.Token);
        var next = Ports.ListenAsync(Port, CancellationToken.None);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.WaitAsync(Patience.Limit));
        await first.DisposeAsync();
        await using var held = await next.WaitAsync(Patience.Limit);
        await ServesAsync(held, "next");
    }

    [Fact]
    public async Task A_port_that_a_program_in_the_room_has_is_told_as_such_and_can_be_had_when_it_has_gone()
    {
        await using (var server = await Room.StartAsync(["python3", "-uc", $"import socket; s = socket.create_server(('127.0.0.1', {Port})); print('up'); s.accept()"]))
        {
            await foreach (var chunk in server.ReadOutputAsync().WithCancellation(new CancellationTokenSource(Patience.Limit).Token))
                if (Encoding.UTF8.GetString(chunk.Data.Span).Contains("up", StringComparison.Ordinal)) break;
            var failure = await Assert.ThrowsAsync<IOException>(ListenAsync);
            Assert.Contains("EADDRINUSE", failure.Message);
            await server.CancelAsync();
            await server.WaitAsync().WaitAsync(Patience.Limit);
        }
        await using var listener = await ListenAsync();
        await ServesAsync(listener, "answer");
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public async Task A_port_that_nobody_serves_at_the_moment_cannot_be_taken_by_a_program_in_the_room(string address)
    {
        // With a connection that lives on, so that the port was bound again beside it.
        var listener = await ListenAsync();
        var answer = Room.ExecAsync(["bash", "-c", Ask]);
        await using var connection = await listener.AcceptAsync(CancellationToken.None).WaitAsync(Patience.Limit);
        await listener.DisposeAsync();
        await Room.PingAsync();
        var take = $"import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('{address}', {Port})); s.listen()";
        var result = await Room.ExecAsync(["python3", "-c", take]).WaitAsync(Patience.Limit);
        Assert.Contains("Address already in use", result.StderrText);
        connection.Close();
        await answer.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Connections_live_on_when_the_port_goes_to_another()
    {
        var first = await ListenAsync();
        var answer = Room.ExecAsync(["bash", "-c", Ask]);
        await using var connection = await first.AcceptAsync(CancellationToken.None).WaitAsync(Patience.Limit);
        await first.DisposeAsync();
        await using var second = await ListenAsync();
        await ServesAsync(second, "second");
        await connection.WriteAsync("first"u8.ToArray());
        connection.Close();
        Assert.Equal("first", (await answer.WaitAsync(Patience.Limit)).StdoutText);
    }

    [Fact]
    public async Task A_copy_of_the_socket_that_a_former_holder_kept_is_dead()
    {
        await using var connection = await GuestConnection.ConnectAsync(Room.Id, Path.Combine(HomeDirectory, "run", Room.Id, "guest.sock"), CancellationToken.None);
        Assert.Equal(0, Libc.SocketPair(out var own, out var guests));
        var channel = new Channel();
        var number = connection.Open(channel);
        var request = new PayloadWriter(4);
        request.U32(Port);
        connection.Send(ref request, FrameType.Listen, number, guests);
        request.Dispose();
        Assert.Equal(FrameType.Listening, await channel.Answer.Task.WaitAsync(Patience.Limit));
        var copy = Libc.ReceiveDescriptor(own);
        connection.Send(FrameType.Detach, number);
        connection.Send(FrameType.Ping, number);
        Assert.Equal(FrameType.Pong, await channel.Pong.Task.WaitAsync(Patience.Limit));
        Assert.Equal(-1, Libc.listen(copy, 1));
        await using (var listener = await ListenAsync())
        {
            Assert.Equal(-1, Libc.listen(copy, 1));
            await ServesAsync(listener, "answer");
        }
        foreach (var descriptor in (int[])[copy, own, guests]) Libc.close(descriptor);
    }

    [Fact]
    public async Task Two_hundred_connections_at_once_are_served()
    {
        const int Count = 200;
        await using var listener = await ListenAsync();
        var script = $$"""
            import socket, threading
            ready = threading.Barrier({{Count}})
            def ask(i):
                s = socket.create_connection(('127.0.0.1', {{Port}}))
                ready.wait()
                s.sendall(b'%d\n' % i)
                answers[i] = s.makefile().readline()
            answers = [None] * {{Count}}
            threads = [threading.Thread(target=ask, args=(i,)) for i in range({{Count}})]
            for t in threads: t.start()
            for t in threads: t.join()
            print(sum(answers[i] == 'got %d\n' % i for i in range({{Count}})))
            """;
        var told = Room.ExecAsync(["python3", "-c", script]);
        var answers = new List<Task>();
        for (var i = 0; i < Count; i++) answers.Add(EchoAsync(await listener.AcceptAsync(CancellationToken.None).WaitAsync(Patience.Limit)));
        Assert.Equal($"{Count}\n", (await told.WaitAsync(Patience.Limit)).StdoutText);
        await Task.WhenAll(answers).WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task The_end_of_the_room_ends_the_wait_for_connections_and_for_the_port()
    {
        var listener = await ListenAsync();
        var accept = listener.AcceptAsync(CancellationToken.None);
        var queued = Ports.ListenAsync(Port, CancellationToken.None);
        await Room.StopAsync().WaitAsync(Patience.Limit);
        await Assert.ThrowsAsync<SandboxLostException>(() => accept.WaitAsync(Patience.Limit));
        await Assert.ThrowsAsync<SandboxLostException>(() => queued.WaitAsync(Patience.Limit));
        await Assert.ThrowsAsync<SandboxLostException>(() => listener.AcceptAsync(CancellationToken.None).WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task The_hosts_socket_is_out_of_reach_of_code_in_the_room()
    {
        await using var listener = await ListenAsync();
        Assert.Equal("0 1 2 3", await Output("ls /proc/self/fd | tr '\\n' ' ' | sed 's/ $//'"));
        // pidfd_open(2), pidfd_getfd(2): every descriptor that process 1 could have.
        const string Steal = "import ctypes; c = ctypes.CDLL(None); p = c.syscall(434, 1, 0); print(p >= 0, [f for f in range(256) if c.syscall(438, p, f, 0) >= 0])";
        Assert.Contains((await Room.ExecAsync(["python3", "-c", Steal])).StdoutText, (string[])["True []\n", "False []\n"]);
    }

    private async Task<IRoomListener> ListenAsync() => await Ports.ListenAsync(Port, CancellationToken.None).WaitAsync(Patience.Limit);

    private async Task<string> RefusedAsync() => (await Room.ExecAsync(["bash", "-c", Ask]).WaitAsync(Patience.Limit)).StderrText;

    private async Task ServesAsync(IRoomListener listener, string text)
    {
        var answer = Room.ExecAsync(["bash", "-c", Ask]);
        await AnswerAsync(listener, text);
        Assert.Equal(text, (await answer.WaitAsync(Patience.Limit)).StdoutText);
    }

    private static async Task AnswerAsync(IRoomListener listener, string text)
    {
        await using var connection = await listener.AcceptAsync(CancellationToken.None).WaitAsync(Patience.Limit);
        Assert.Equal("question", await ReadLineAsync(connection));
        await connection.WriteAsync(Encoding.UTF8.GetBytes(text));
    }

    private static async Task EchoAsync(Stream connection)
    {
        await using (connection) await connection.WriteAsync(Encoding.UTF8.GetBytes($"got {await ReadLineAsync(connection)}\n"));
    }

    private static async Task<string?> ReadLineAsync(Stream connection)
    {
        using var reader = new StreamReader(connection, leaveOpen: true);
        return await reader.ReadLineAsync().WaitAsync(Patience.Limit);
    }

    private sealed class Channel : IGuestChannel
    {
        public TaskCompletionSource<FrameType> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<FrameType> Pong { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload) => (type == FrameType.Pong ? Pong : Answer).TrySetResult(type);

        public void OnLost() => Answer.TrySetException(new InvalidOperationException("The connection was lost."));
    }
}
