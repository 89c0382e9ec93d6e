using System.Net;
using System.Net.Sockets;

namespace Stateroom.Network;

/// <summary>
/// Addresses that are not public: everything but global unicast, after IANA's registries of special purpose addresses for IPv4 and IPv6 (RFC 6890).
/// </summary>
internal static class AddressRanges
{
    private static readonly (IPNetwork Range, string What)[] Refused4 =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "an address of this host itself"),
        (IPNetwork.Parse("10.0.0.0/8"), "a private address"),
        (IPNetwork.Parse("100.64.0.0/10"), "an address shared by a provider's customers"),
        (IPNetwork.Parse("127.0.0.0/8"), "a loopback address"),
        (IPNetwork.Parse("169.254.0.0/16"), "a link-local address"),
        (IPNetwork.Parse("172.16.0.0/12"), "a private address"),
        (IPNetwork.Parse("192.0.0.0/24"), "an address reserved for protocols"),
        (IPNetwork.Parse("192.0.2.0/24"), "an address for documentation"),
        (IPNetwork.Parse("192.88.99.0/24"), "an address of 6to4 relays"),
        (IPNetwork.Parse("192.168.0.0/16"), "a private address"),
        (IPNetwork.Parse("198.18.0.0/15"), "an address for benchmarks"),
        (IPNetwork.Parse("198.51.100.0/24"), "an address for documentation"),
        (IPNetwork.Parse("203.0.113.0/24"), "an address for documentation"),
        (IPNetwork.Parse("224.0.0.0/4"), "a multicast address"),
        (IPNetwork.Parse("240.0.0.0/4"), "a reserved or broadcast address"),
    ];

    private static readonly (IPNetwork Range, string What)[] Refused6 =
    [
        (IPNetwork.Parse("2001::/23"), "an address reserved for protocols (Teredo is one)"),
        (IPNetwork.Parse("2001:db8::/32"), "an address for documentation"),
        (IPNetwork.Parse("2002::/16"), "a 6to4 address, which leads to an IPv4 one"),
        (IPNetwork.Parse("3fff::/20"), "an address for documentation"),
    ];

    // All that is global unicast so far (RFC 4291, section 2.4, and IANA's registry of address space).
    private static readonly IPNetwork Global6 = IPNetwork.Parse("2000::/3");

    // NAT64 of RFC 6052: how a host without IPv4 reaches one. The last four bytes are the IPv4 address.
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    private static readonly (IPNetwork Range, string What)[] Named6 =
    [
        (IPNetwork.Parse("::1/128"), "the loopback address"),
        (IPNetwork.Parse("fc00::/7"), "a private address"),
        (IPNetwork.Parse("fe80::/10"), "a link-local address"),
        (IPNetwork.Parse("ff00::/8"), "a multicast address"),
    ];

    /// <summary>What an address is instead of public, such as "a private address"; null if it is public.</summary>
    public static string? WhyNotPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return Find(Refused4, address);
        if (Nat64.Contains(address)) return WhyNotPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        if (address.ScopeId != 0) return "an address with a zone";
        return Global6.Contains(address) ? Find(Refused6, address) : Find(Named6, address) ?? "not a global address";
    }

    private static string? Find((IPNetwork Range, string What)[] ranges, IPAddress address)
    {
        foreach (var (range, what) in ranges)
        {
            if (range.Contains(address)) return what;
        }
        return null;
    }
}
