using System.Text;

namespace Stateroom.Network.Http;

/// <summary>The forms of a request's target (RFC 9112, 3.2).</summary>
internal enum TargetForm
{
    /// <summary><c>/path?query</c></summary>
    Origin,

    /// <summary><c>http://host/path</c>, as proxies get it.</summary>
    Absolute,

    /// <summary><c>host:port</c>, of CONNECT alone.</summary>
    Authority,

    /// <summary><c>*</c>, of OPTIONS alone.</summary>
    Asterisk,
}

/// <summary>What a request asks for.</summary>
/// <param name="Text">As it came: nothing decoded, nothing normalised.</param>
/// <param name="Form">Which form it has. What it names is for the reader to check.</param>
internal readonly record struct RequestTarget(string Text, TargetForm Form)
{
    /// <exception cref="HttpFormatException">It has no form, or not the one that the method asks for.</exception>
    public static RequestTarget Parse(string method, ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        // A fragment is never sent, and a backslash is a slash to some readers and not to others.
        if (text.Length == 0 || text.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0 || text.AsSpan().IndexOfAny('#', '\\') >= 0)
            throw HttpFormatException.Bad("The request's target has a character that it must not have.");
        var isScheme = text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase);
        var form = text switch
        {
            _ when method == "CONNECT" => TargetForm.Authority,
            ['/', ..] => TargetForm.Origin,
            "*" when method == "OPTIONS" => TargetForm.Asterisk,
            _ when isScheme => TargetForm.Absolute,
            _ => throw HttpFormatException.Bad("The request's target is neither a path nor an http or https address."),
        };
        if (form == TargetForm.Authority && text.AsSpan().IndexOfAny("/?@") >= 0)
            throw HttpFormatException.Bad("The target of CONNECT is not a host and a port.");
        return new RequestTarget(text, form);
    }
}
