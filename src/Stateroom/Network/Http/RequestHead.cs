using System.Buffers;
using System.Text;

namespace Stateroom.Network.Http;

/// <summary>The head of one request: its line and its header fields.</summary>
internal sealed class RequestHead
{
    private static readonly SearchValues<char> NotInHost = SearchValues.Create(" \t,/\\@");

    private RequestHead(string method, RequestTarget target, int minor, IReadOnlyList<HttpField> fields) =>
        (Method, Target, MinorVersion, Fields) = (method, target, minor, fields);

    /// <value>A token, in the case in which it came: methods are case-sensitive.</value>
    public string Method { get; }

    public RequestTarget Target { get; }

    /// <value>0 or 1: of HTTP/1.0, which has no chunks, or HTTP/1.1.</value>
    public int MinorVersion { get; }

    public IReadOnlyList<HttpField> Fields { get; }

    /// <value>The one Host field; null only in HTTP/1.0, where it may be missing.</value>
    public string? Host => Value("host");

    /// <value>True if the client waits for a word before it sends its body.</value>
    public bool ExpectsContinue => MinorVersion > 0 && Value("expect") is { } value && value.Equals("100-continue", StringComparison.OrdinalIgnoreCase);

    /// <summary>The value of a field; null if there is none, all of them with commas between if there are several.</summary>
    public string? Value(string name)
    {
        string? found = null;
        foreach (var field in Fields)
        {
            if (field.Is(name)) found = found is null ? field.Value : $"{found}, {field.Value}";
        }
        return found;
    }

    public int Count(string name) => Fields.Count(field => field.Is(name));

    /// <summary>Reads the head of the one request of a connection.</summary>
    /// <returns>Null if the client closed the connection without a byte.</returns>
    /// <exception cref="HttpFormatException">It is not a head that we take; says what to answer.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public static async ValueTask<RequestHead?> ReadAsync(HttpInput input, CancellationToken cancellationToken) =>
        await input.ReadHeadAsync(cancellationToken).ConfigureAwait(false) is { } bytes ? Parse(bytes.Span) : null;

    /// <param name="head">Whole lines that end with CRLF, without the empty one.</param>
    /// <exception cref="HttpFormatException">It is not a head that we take.</exception>
    public static RequestHead Parse(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = head[..end];
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first < 0 || last <= first) throw HttpFormatException.Bad("The request line is not a method, a target and a version.");
        if (!HttpFields.IsToken(line[..first])) throw HttpFormatException.Bad("The request's method is not a token.");
        var method = Encoding.ASCII.GetString(line[..first]);
        var minor = Minor(line[(last + 1)..]);
        var target = RequestTarget.Parse(method, line[(first + 1)..last]);
        var request = new RequestHead(method, target, minor, HttpFields.Parse(head[(end + 2)..]));
        request.CheckHost();
        return request;
    }

    private static int Minor(ReadOnlySpan<byte> version) => version switch
    {
        _ when version.SequenceEqual("HTTP/1.1"u8) => 1,
        _ when version.SequenceEqual("HTTP/1.0"u8) => 0,
        _ => throw HttpFormatException.Bad("The request's version is neither HTTP/1.1 nor HTTP/1.0."),
    };

    private void CheckHost()
    {
        // HTTP/1.0 needs none, and http.client of Python up to 3.11 sends its CONNECT so.
        var count = Count("host");
        if (count > 1 || (count == 0 && MinorVersion > 0)) throw HttpFormatException.Bad($"The request has {count} Host fields; it must have one.");
        if (Host is { } host && host.AsSpan().IndexOfAny(NotInHost) >= 0) throw HttpFormatException.Bad("The request's Host field is not a host.");
    }
}
