using System.Net;
using System.Net.Sockets;

namespace Stateroom.Network;

/// <summary>What a host's proxies use of the host's network. Tests put stand-ins here; no option or variable can.</summary>
internal sealed record NetworkAccess
{
    /// <summary>As it is in use.</summary>
    public static NetworkAccess Real { get; } = new();

    /// <summary>The addresses of a name.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> ResolveAsync { get; init; } = static (name, cancellationToken) => Dns.GetHostAddressesAsync(name, cancellationToken);

    /// <summary>What an address is instead of one that rooms may reach; null if they may.</summary>
    public Func<IPAddress, string?> WhyRefused { get; init; } = static address => AddressRanges.WhyNotPublic(address) ?? (IsOwn(address) ? "an address of this host itself" : null);

    // From here its firewall would not be asked. An address is the host's own if a socket can be bound to it (bind(2), EADDRNOTAVAIL).
    private static bool IsOwn(IPAddress address)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            probe.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
