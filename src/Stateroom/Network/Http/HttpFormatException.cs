namespace Stateroom.Network.Http;

/// <summary>What came over a connection is not a request that we take. The connection cannot be used on.</summary>
/// <param name="statusCode">400, 408 (too slow), 413 (body too large) or 431 (head too large): what to answer.</param>
/// <param name="message">Which rule is broken; never the request's own text beyond names of header fields.</param>
internal sealed class HttpFormatException(int statusCode, string message) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public static HttpFormatException Bad(string message) => new(400, message);
}
