using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stateroom.Protocol;

namespace Stateroom.Tests.Conformance;

/// <summary>What a guest does with clients that it should not trust to be right.</summary>
public partial class ProtocolTests : RoomTest
{
    private string SocketPath => Path.Combine(HomeDirectory, "run", Room.Id, "guest.sock");

    [Fact]
    public async Task A_client_of_another_version_is_refused_with_both_versions()
    {
        using var socket = Connect();
        Send(socket, FrameType.Hello, 0, ProtocolVersion.Magic, ProtocolVersion.Current + 1u);
        var (header, payload) = await ReceiveAsync(socket);
        Assert.Equal(FrameType.Refused, header.Type);
        Assert.Equal((uint)ProtocolVersion.Current, ReadVersion(payload, out var message));
        Assert.Equal($"this guest speaks protocol {ProtocolVersion.Current}, not {ProtocolVersion.Current + 1}", message);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task A_client_that_breaks_the_protocol_loses_its_connection_and_nobody_else_does()
    {
        foreach (var garbage in (byte[][])
        [
            [.. "GET / HTTP/1.1\r\n\r\n"u8], new byte[64], [0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0],
            [.. Frame(FrameType.Hello, 0, ProtocolVersion.Magic, ProtocolVersion.Current), .. Frame((FrameType)999, 1)],
            // An exec whose log's descriptor is missing, and one that is cut short.
            [.. Frame(FrameType.Hello, 0, ProtocolVersion.Magic, ProtocolVersion.Current), .. Frame(FrameType.ExecStart, 1, 0)],
        ])
        {
            using var socket = Connect();
            await socket.SendAsync(garbage).WaitAsync(Patience.Limit);
            var buffer = new byte[4096];
            try
            {
                while (await socket.ReceiveAsync(buffer).WaitAsync(Patience.Limit) > 0) { }
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Closed with bytes of ours unread: the same end, told more bluntly.
                Assert.False(socket.Connected && socket.Poll(0, SelectMode.SelectWrite) && socket.Available > 0);
            }
            Assert.Equal("alive", await Output("echo alive"));
        }
    }

    [Fact]
    public async Task A_client_that_dies_while_output_is_sent_to_it_costs_nobody_the_room()
    {
        await using var exec = await Room.StartAsync(["sh", "-c", "while :; do echo x; done"]);
        using var info = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(HomeDirectory, "run", Room.Id, "info.json")));
        var guest = info.RootElement.GetProperty("child-pid").GetInt32();
        for (var i = 0; i < 10; i++)
        {
            using (var socket = Connect())
            {
                Send(socket, FrameType.Hello, 0, ProtocolVersion.Magic, ProtocolVersion.Current);
                await ReceiveAsync(socket);
                var writer = new PayloadWriter(64);
                writer.U32(1 << 20);
                writer.Text(exec.Id);
                socket.Send(writer.Finish(FrameType.ExecAttach, 1));
                writer.Dispose();
                Assert.Equal(FrameType.Started, (await ReceiveAsync(socket)).Header.Type);
                // Stopped meanwhile, the guest meets the output before the end of the connection.
                Assert.Equal(0, kill(guest, SIGSTOP));
            }
            Assert.Equal(0, kill(guest, SIGCONT));
            Assert.Equal("alive", await Output("echo alive"));
        }
        await exec.CancelAsync();
    }

    private const int SIGCONT = 18, SIGSTOP = 19;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        return socket;
    }

    private static byte[] Frame(FrameType type, uint channel, params uint[] fields)
    {
        var writer = new PayloadWriter(64);
        foreach (var field in fields) writer.U32(field);
        var frame = writer.Finish(type, channel).ToArray();
        writer.Dispose();
        return frame;
    }

    private static void Send(Socket socket, FrameType type, uint channel, params uint[] fields) => socket.Send(Frame(type, channel, fields));

    private static uint ReadVersion(byte[] payload, out string message)
    {
        var reader = new PayloadReader(payload);
        var version = reader.U32();
        message = reader.Text();
        return version;
    }

    private static async Task<(FrameHeader Header, byte[] Payload)> ReceiveAsync(Socket socket)
    {
        var head = await ReceiveExactlyAsync(socket, FrameHeader.Size);
        var header = FrameHeader.Read(head);
        return (header, await ReceiveExactlyAsync(socket, header.Length));
    }

    private static async Task<byte[]> ReceiveExactlyAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        for (var at = 0; at < count;)
        {
            var n = await socket.ReceiveAsync(buffer.AsMemory(at)).AsTask().WaitAsync(Patience.Limit);
            Assert.NotEqual(0, n);
            at += n;
        }
        return buffer;
    }
}
