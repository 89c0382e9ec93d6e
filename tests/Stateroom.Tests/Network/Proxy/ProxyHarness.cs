using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Stateroom.Network;
using Stateroom.Network.Proxy;
using Stateroom.Sessions;

namespace Stateroom.Tests.Network.Proxy;

/// <summary>A proxy without a room: its port is one of the host's loopback, and names lead to where the test says.</summary>
internal sealed class ProxyHarness : IAsyncDisposable
{
    private readonly string _home = $"/tmp/stateroom-test-{Guid.NewGuid():N}";
    private readonly LoopbackSandbox _sandbox = new();
    private readonly RoomProxy _proxy;

    /// <param name="allow">The rules.</param>
    /// <param name="time">The clock.</param>
    public ProxyHarness(string[] allow, TimeProvider? time = null)
    {
        Layout = new HomeLayout(_home);
        Directory.CreateDirectory(Layout.Locks);
        Directory.CreateDirectory(Layout.Session("s").Metadata);
        var access = new NetworkAccess
        {
            ResolveAsync = (name, _) =>
            {
                Asked.Enqueue(name);
                return Task.FromResult(Names.TryGetValue(name, out var answers) ? Array.ConvertAll(answers(), IPAddress.Parse) : throw new SocketException((int)SocketError.HostNotFound));
            },
            WhyRefused = address => address.Equals(Exempt) ? null : NetworkAccess.Real.WhyRefused(address),
        };
        Recorder = new NetworkRecorder(Layout, "s", time ?? TimeProvider.System);
        _proxy = new RoomProxy(_sandbox, new ProxyServices(new NetworkGate(new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = allow }, access), Recorder, time ?? TimeProvider.System));
    }

    public HomeLayout Layout { get; }

    public NetworkRecorder Recorder { get; }

    /// <summary>Where names lead.</summary>
    public Dictionary<string, Func<string[]>> Names { get; } = new() { ["origin.example"] = () => ["127.0.0.1"] };

    /// <summary>The one loopback address that is taken for a public one.</summary>
    public IPAddress Exempt { get; init; } = IPAddress.Loopback;

    /// <summary>The names that were resolved.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public IReadOnlyList<NetworkDecision> Decisions => NetworkLog.Read(Layout.Session("s").Network);

    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _sandbox.Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Sends text, and reads to the end of the connection.</summary>
    public async Task<string> AskAsync(string text)
    {
        await using var stream = await ConnectAsync();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().WaitAsync(Patience.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Directory.Delete(_home, recursive: true);
    }

    private sealed class LoopbackSandbox : IListeningSandbox
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public LoopbackSandbox() => _listener.Start(1024);

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public Task<IRoomListener> ListenAsync(int port, CancellationToken cancellationToken)
        {
            Assert.Equal(RoomPorts.Proxy, port);
            return Task.FromResult<IRoomListener>(new Listener(_listener));
        }
    }

    private sealed class Listener(TcpListener listener) : IRoomListener
    {
        public async Task<Stream> AcceptAsync(CancellationToken cancellationToken) => new NetworkStream(await listener.AcceptSocketAsync(cancellationToken), ownsSocket: true);

        public ValueTask DisposeAsync()
        {
            listener.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
