using System.Net;
using System.Net.Sockets;

namespace Stateroom.Network;

/// <summary>Decides what a room may reach: the one place where a name is compared with the rules and resolved.</summary>
/// <param name="options">The session's network; its rules have been checked.</param>
/// <param name="access">The host's network.</param>
internal sealed class NetworkGate(NetworkOptions options, NetworkAccess access)
{
    private readonly HostRule[] _rules = [.. options.Allow.Select(Read)];

    /// <summary>Decides. A name is resolved once: what is connected to are the addresses of the answer and no others.</summary>
    public async Task<NetworkVerdict> DecideAsync(HostName host, int port, CancellationToken cancellationToken)
    {
        if (Array.Find(_rules, r => r.MatchesHost(host) && r.MatchesPort(port)) is not { } rule) return NetworkVerdict.Refused(WhyNoRule(host, port));
        IPAddress[] found;
        try
        {
            found = host.Address is { } address ? [address] : await access.ResolveAsync(host.Text, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            return NetworkVerdict.Unknown(rule.Text, $"{host} cannot be resolved on the host: {SocketErrorText.Of(failure)}");
        }
        if (found.Length == 0) return NetworkVerdict.Unknown(rule.Text, $"{host} has no address");
        var open = new List<IPAddress>();
        string? why = null;
        foreach (var one in found.Select(a => a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).Distinct())
        {
            if (access.WhyRefused(one) is { } what) why ??= host.Address is null ? $"{host} is {one}, {what}" : $"{host} is {what}";
            else open.Add(one);
        }
        return open.Count > 0 ? NetworkVerdict.Allowed(rule.Text, open) : NetworkVerdict.Refused($"{why}; rooms reach public addresses only, and no rule changes that", rule.Text);
    }

    private string WhyNoRule(HostName host, int port)
    {
        var wanted = port is 80 or 443 ? $"{host}" : $"{host}:{port}";
        if (host.Address is not null && access.WhyRefused(host.Address) is { } what) return $"{host} is {what}; rooms reach public addresses only, and no rule changes that";
        var near = Array.Find(_rules, r => r.MatchesHost(host));
        var reason = near is null ? $"no rule of this session allows {host}" : $"rule '{near.Text}' allows {host} on {Ports(near)}, not on port {port}";
        return $"{reason}. A session that is to reach it is created with --allow {wanted} (NetworkOptions.Allow: \"{wanted}\")";
    }

    private static string Ports(HostRule rule) => rule.Port is { } port ? $"port {port}" : "ports 80 and 443";

    private static HostRule Read(string text) => HostRule.TryParse(text, out var rule, out var problem) ? rule! : throw new ArgumentException($"'{text}' {problem}", nameof(text));
}

/// <summary>What was decided about a connection.</summary>
/// <param name="Addresses">What to connect to, in order; empty if there is nothing that may be, or nothing to be found.</param>
/// <param name="Rule">The rule that matched.</param>
/// <param name="Reason">Why there may be no connection; null if there may be one.</param>
/// <param name="Error">Why there is none although there may be: the name is not to be found. Null otherwise.</param>
internal sealed record NetworkVerdict(IReadOnlyList<IPAddress> Addresses, string? Rule, string? Reason, string? Error = null)
{
    public bool IsAllowed => Reason is null;

    public static NetworkVerdict Allowed(string rule, IReadOnlyList<IPAddress> addresses) => new(addresses, rule, null);

    public static NetworkVerdict Refused(string reason, string? rule = null) => new([], rule, reason);

    public static NetworkVerdict Unknown(string? rule, string error) => new([], rule, null, error);
}
