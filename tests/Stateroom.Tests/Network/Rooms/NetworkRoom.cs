using System.Net;
using System.Net.Sockets;
using Stateroom.Network;

namespace Stateroom.Tests.Network.Rooms;

/// <summary>A home whose rooms are real, and whose network is the host's loopback: names that the test knows lead there.</summary>
internal sealed class NetworkRoom : IAsyncDisposable
{
    private readonly TempHome _home = new();

    public NetworkRoom(params IAgent[] agents)
    {
        Options = new StateroomLocalOptions
        {
            HomeDirectory = _home.Path,
            Agents = agents.ToDictionary(agent => agent.Name),
            NetworkAccess = new NetworkAccess
            {
                ResolveAsync = (name, _) => name.EndsWith(".example", StringComparison.Ordinal)
                    ? Task.FromResult<IPAddress[]>([IPAddress.Loopback])
                    : throw new SocketException((int)SocketError.HostNotFound),
                WhyRefused = address => address.Equals(IPAddress.Loopback) ? null : NetworkAccess.Real.WhyRefused(address),
            },
        };
        Host = StateroomHost.Local(Options);
    }

    public StateroomLocalOptions Options { get; }

    public IStateroom Host { get; }

    public async Task<ISession> CreateAsync(params string[] allow) => await Host.CreateAsync("room", Of(allow)).WaitAsync(Patience.Limit);

    public static SessionOptions Of(params string[] allow) => new()
    {
        Sandbox = new SandboxOptions { Network = new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = allow } },
        Open = new OpenOptions { KeepRunning = true },
    };

    public async ValueTask DisposeAsync()
    {
        await Host.CleanUpAsync("room", removeWorkspace: true);
        await Host.DisposeAsync();
        _home.Dispose();
    }
}
