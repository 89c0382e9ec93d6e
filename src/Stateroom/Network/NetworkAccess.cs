using System.Net;
using System.Net.NetworkInformation;

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

    // From here its firewall would not be asked.
    private static bool IsOwn(IPAddress address) =>
        NetworkInterface.GetAllNetworkInterfaces().Any(card => card.GetIPProperties().UnicastAddresses.Any(own => own.Address.Equals(address)));
}
