using System.Globalization;

namespace Stateroom.Network.Proxy;

/// <summary>The variables by which programs find the proxy. There is no one way: curl reads http_proxy in lower case alone, others the upper case.</summary>
internal static class ProxyEnvironment
{
    private static readonly string Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{RoomPorts.Proxy}");

    private const string Local = "localhost,127.0.0.1,::1";

    private static readonly (string Name, string Value)[] Variables =
    [
        ("HTTP_PROXY", Address), ("http_proxy", Address), ("HTTPS_PROXY", Address), ("https_proxy", Address), ("ALL_PROXY", Address), ("all_proxy", Address),
        ("NO_PROXY", Local), ("no_proxy", Local),
        // Node's own fetch and http read the variables above since Node 24 if it is told to.
        ("NODE_USE_ENV_PROXY", "1"),
    ];

    /// <summary>A room's options with the variables that its network needs; a variable of the user's own stays.</summary>
    public static SandboxOptions AddTo(SandboxOptions options)
    {
        if (options.Network.Policy != NetworkPolicy.Allow) return options;
        var environment = new Dictionary<string, string>(options.Environment);
        foreach (var (name, value) in Variables) environment.TryAdd(name, value);
        return options with { Environment = environment };
    }
}
