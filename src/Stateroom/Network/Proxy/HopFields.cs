using System.Globalization;
using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Network.Proxy;

/// <summary>Heads as they are passed on: without what belongs to one connection alone (RFC 9110, 7.6.1).</summary>
internal static class HopFields
{
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Authentication-Info",
    };

    // Said anew, in one way, by whoever sends the head.
    private static readonly HashSet<string> SaidAnew = new(StringComparer.OrdinalIgnoreCase) { "Host", "Expect", "Content-Length", "Transfer-Encoding" };

    /// <summary>The head of a request to an origin, which gets no other byte that the room chose than path, method and values of fields.</summary>
    public static byte[] Request(RequestHead head, ProxyTarget target, RequestBody body)
    {
        var text = new StringBuilder(512).Append(CultureInfo.InvariantCulture, $"{head.Method} {target.Path} HTTP/1.{head.MinorVersion}\r\nHost: {target.Authority}\r\n");
        AppendTo(text, head.Fields, SaidAnew);
        if (body.DeclaredLength is not { } length) text.Append("Transfer-Encoding: chunked\r\n");
        else if (length > 0 || head.Count("content-length") > 0) text.Append(CultureInfo.InvariantCulture, $"Content-Length: {length}\r\n");
        return Encoding.Latin1.GetBytes(text.Append("Connection: close\r\n\r\n").ToString());
    }

    /// <summary>The head of an answer to a client. Its body follows as it comes, so that its length stays told as it was.</summary>
    public static byte[] Response(int status, IReadOnlyList<HttpField> fields)
    {
        var text = new StringBuilder(512).Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} \r\n");
        AppendTo(text, fields, []);
        return Encoding.Latin1.GetBytes(text.Append("Connection: close\r\n\r\n").ToString());
    }

    private static void AppendTo(StringBuilder text, IReadOnlyList<HttpField> fields, HashSet<string> left)
    {
        var named = fields.Where(f => f.Is("Connection")).SelectMany(f => f.Value.Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // What tells the length of a body is not for one hop alone here: it must not be dropped because a sender names it.
        named.ExceptWith(SaidAnew);
        foreach (var field in fields.Where(f => !Dropped.Contains(f.Name) && !left.Contains(f.Name) && !named.Contains(f.Name))) text.Append(CultureInfo.InvariantCulture, $"{field.Name}: {field.Value}\r\n");
    }
}
