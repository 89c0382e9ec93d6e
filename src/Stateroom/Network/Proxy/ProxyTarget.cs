using System.Globalization;
using Stateroom.Network.Http;

namespace Stateroom.Network.Proxy;

/// <summary>What a request to the proxy asks for.</summary>
/// <param name="Host">The host.</param>
/// <param name="Port">The port.</param>
/// <param name="Path">Path and query as they came; null for a tunnel.</param>
internal sealed record ProxyTarget(HostName Host, int Port, string? Path)
{
    private const string Scheme = "http://";

    private const int HttpPort = 80;

    public bool IsTunnel => Path is null;

    /// <value>Host and port as a Host field has them.</value>
    public string Authority => Port == HttpPort ? Host.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");

    /// <summary>Reads the target.</summary>
    /// <exception cref="ProxyTargetException">It is not one that a proxy can take.</exception>
    public static ProxyTarget Of(RequestHead head)
    {
        var text = head.Target.Text;
        switch (head.Target.Form)
        {
            case TargetForm.Authority:
                var (tunnelHost, tunnelPort) = Read(text, null);
                return new ProxyTarget(tunnelHost, tunnelPort, null);
            case TargetForm.Absolute when text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase):
                var rest = text[Scheme.Length..];
                var end = rest.AsSpan().IndexOfAny('/', '?');
                var authority = end < 0 ? rest : rest[..end];
                var (host, port) = Read(authority, HttpPort);
                var path = end < 0 ? "/" : rest[end..];
                return new ProxyTarget(host, port, path[0] == '?' ? "/" + path : path);
            case TargetForm.Absolute:
                throw new ProxyTargetException(text, "An https address is reached by CONNECT; what is asked for without it would not be protected.");
            default:
                throw new ProxyTargetException("", "This is the proxy of a Stateroom room: it takes CONNECT and addresses that begin with http://.");
        }
    }

    private static (HostName Host, int Port) Read(string authority, int? defaultPort)
    {
        if (authority.Contains('@')) throw new ProxyTargetException(authority[(authority.LastIndexOf('@') + 1)..], "The address names a user ('@'); send credentials in a header field.");
        var (hostText, portText) = HostRule.Split(authority);
        var port = defaultPort ?? 0;
        if ((portText is not null || defaultPort is null) && !HostRule.TryReadPort(portText, out port)) throw new ProxyTargetException(hostText, "The address has no port from 1 to 65535.");
        return HostName.TryParse(hostText, out var host, out var problem) ? (host, port) : throw new ProxyTargetException(hostText, $"The host of the address {problem}.", port);
    }
}

/// <summary>A target that is refused before anything is decided about it.</summary>
/// <param name="host">What the room named.</param>
/// <param name="message">What is wrong.</param>
/// <param name="port">The port, 0 if there is none.</param>
internal sealed class ProxyTargetException(string host, string message, int port = 0) : Exception(message)
{
    public string Host { get; } = host;

    public int Port { get; } = port;
}
