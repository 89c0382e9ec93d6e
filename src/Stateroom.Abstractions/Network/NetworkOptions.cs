using System.Text.Json.Serialization;

namespace Stateroom;

/// <summary>What a room may reach.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NetworkPolicy>))]
public enum NetworkPolicy
{
    /// <summary>Nothing outside of the room.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>The hosts of <see cref="NetworkOptions.Allow"/>, through a proxy that the host runs while it holds a handle to the session.</summary>
    [JsonStringEnumMemberName("allow")] Allow,
}

/// <summary>The network of a room.</summary>
public sealed record NetworkOptions
{
    /// <value>What the room may reach. The default is <see cref="NetworkPolicy.None"/>.</value>
    public NetworkPolicy Policy { get; init; }

    /// <value>
    /// The hosts of policy <see cref="NetworkPolicy.Allow"/>: <c>name</c> or <c>name:port</c>; without a port 80 and 443 are meant. In a name
    /// <c>*</c> stands for exactly one label and a leading <c>**</c> for one or more: <c>*.example.org</c>, <c>**.example.org:443</c>. A public address
    /// is written as it is, an IPv6 one in brackets. Whatever a name resolves to, private, loopback and link-local addresses are refused.
    /// Empty by default. With another policy it must be empty.
    /// </value>
    public IReadOnlyList<string> Allow { get; init; } = [];
}

/// <summary>A connection that a room asked for.</summary>
/// <param name="Timestamp">When, UTC.</param>
/// <param name="Host">The host as the room named it, cut to 253 characters.</param>
/// <param name="Port">The port; 0 if none could be made out.</param>
/// <param name="IsAllowed">Whether it may be. False for everything that a room was refused.</param>
/// <param name="Rule">The entry of <see cref="NetworkOptions.Allow"/> that matched; null if none did.</param>
/// <param name="Reason">Why it was refused, and the smallest change that would allow it; null if it was allowed.</param>
/// <param name="Error">Why there was nothing to connect to although it may be: the host's name could not be resolved. Null otherwise.</param>
public sealed record NetworkDecision(DateTimeOffset Timestamp, string Host, int Port, bool IsAllowed, string? Rule = null, string? Reason = null, string? Error = null);
