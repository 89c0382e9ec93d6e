using System.Globalization;

namespace Stateroom.Network;

/// <summary>An entry of <see cref="NetworkOptions.Allow"/>, read once and compared label by label.</summary>
internal sealed class HostRule
{
    // http and https.
    private static readonly int[] DefaultPorts = [80, 443];

    private readonly HostName _host;
    private readonly string[] _labels;
    private readonly bool _anyDepth;

    private HostRule(string text, HostName host, string[] labels, bool anyDepth, int? port) =>
        (Text, _host, _labels, _anyDepth, Port) = (text, host, labels, anyDepth, port);

    /// <summary>As the user wrote it.</summary>
    public string Text { get; }

    /// <summary>Its port; null means 80 and 443.</summary>
    public int? Port { get; }

    /// <summary>Reads a rule.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence.</param>
    public static bool TryParse(string text, out HostRule? rule, out string problem)
    {
        rule = null;
        problem = Read(text, ref rule);
        return problem.Length == 0;
    }

    /// <summary>True if it names nothing: <c>*</c>, <c>**</c>, <c>*.*</c>. No new session may have it; that of an earlier one still counts.</summary>
    public bool IsWildcardAlone => _host.Address is null && _labels.All(label => label == "*");

    public bool MatchesPort(int port) => Port is { } own ? own == port : DefaultPorts.Contains(port);

    public bool MatchesHost(HostName host)
    {
        // An address is matched by itself alone: it has no labels.
        if (host.Address is not null || _host.Address is not null) return host.Address is not null && host.Address.Equals(_host.Address);
        var labels = host.Text.Split('.');
        var free = labels.Length - _labels.Length;
        if (_anyDepth ? free < 1 : free != 0) return false;
        for (var i = 0; i < _labels.Length; i++)
        {
            if (_labels[i] != "*" && !string.Equals(_labels[i], labels[free + i], StringComparison.Ordinal)) return false;
        }
        return true;
    }

    private static string Read(string text, ref HostRule? rule)
    {
        if (text.Contains("://", StringComparison.Ordinal)) return "is a URL; give the host alone, such as example.org or example.org:8443";
        var (host, portText) = Split(text);
        int? port = null;
        if (portText is not null)
        {
            if (!TryReadPort(portText, out var number)) return "has no port from 1 to 65535 behind the ':'";
            port = number;
        }
        if (!host.Contains('*')) return ReadPlain(text, host, port, ref rule);
        if (!HostName.ToAscii(host, out var pattern)) return HostName.NotAscii;
        if (pattern.EndsWith('.')) pattern = pattern[..^1];
        if (pattern.Length > HostName.MaxLength) return $"has more than {HostName.MaxLength} characters";
        var labels = pattern.Split('.');
        var anyDepth = labels[0] == "**";
        if (anyDepth) labels = labels[1..];
        foreach (var label in labels)
        {
            if (label == "**") return "has '**' behind the beginning; only the first label can stand for several";
            if (label != "*" && HostName.CheckLabel(label) is { Length: > 0 } problem) return problem;
        }
        if (labels.Length > 0 && HostName.IsNumeric(labels[^1])) return "ends in a number: addresses cannot have wildcards";
        rule = new HostRule(text, default, labels, anyDepth, port);
        return "";
    }

    private static string ReadPlain(string text, string host, int? port, ref HostRule? rule)
    {
        if (!HostName.TryParse(host, out var name, out var problem)) return problem;
        if (name.Address is { } address && AddressRanges.WhyNotPublic(address) is { } range) return $"is {range}; rooms reach public addresses only";
        rule = new HostRule(text, name, name.Address is null ? name.Text.Split('.') : [], anyDepth: false, port);
        return "";
    }

    /// <summary>A port in decimal, as people write it.</summary>
    public static bool TryReadPort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= ushort.MaxValue && text[0] != '0';

    /// <summary>Host and port of an authority; the port is null if there is no ':'. The colons of an IPv6 address stand in brackets.</summary>
    public static (string Host, string? Port) Split(string authority)
    {
        var colon = authority.IndexOf(':', Math.Max(0, authority.StartsWith('[') ? authority.IndexOf(']', StringComparison.Ordinal) : 0));
        // More than one colon and no brackets: not to be cut at either.
        return colon < 0 || (authority[0] != '[' && authority.IndexOf(':', colon + 1) >= 0) ? (authority, null) : (authority[..colon], authority[(colon + 1)..]);
    }
}
