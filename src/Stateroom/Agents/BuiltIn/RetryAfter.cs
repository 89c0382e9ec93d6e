using System.Net.Http.Headers;

namespace Stateroom.Agents.BuiltIn;

/// <summary>Keeps what the last answer of the provider said about when to come back; the official client does not tell. One per turn: it asks one thing at a time.</summary>
internal sealed class RetryAfter
{
    private RetryConditionHeaderValue? _said;

    /// <summary>Puts itself between a client and its connections.</summary>
    public HttpClient Listen(HttpMessageHandler connections) => new(new Listener(this, connections), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>How long the provider wants us to wait (RFC 9110, 10.2.3); null if it did not say, or says a time that has gone by.</summary>
    public TimeSpan? From(DateTimeOffset now) => (_said?.Delta ?? (_said?.Date - now)) is { } wait && wait > TimeSpan.Zero ? wait : null;

    /// <summary>Forgets what an earlier answer said.</summary>
    public void Clear() => _said = null;

    private sealed class Listener(RetryAfter owner, HttpMessageHandler connections) : DelegatingHandler(connections)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            owner._said = response.Headers.RetryAfter;
            return response;
        }
    }
}
