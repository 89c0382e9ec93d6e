using System.Diagnostics;
using System.Net;
using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>Connections to the provider, shared by all brokers of this process.</summary>
internal static class BrokerUpstream
{
    // To an https address the host's own proxy (HTTPS_PROXY) sees ciphertext alone; to an http one it would see the credential.
    private static readonly HttpClient Direct = Make(useProxy: false), ByProxy = Make(useProxy: true);

    public static HttpClient For(Uri upstream) => upstream.Scheme == Uri.UriSchemeHttps ? ByProxy : Direct;

    /// <summary>Why a request came to nothing, without any address.</summary>
    public static BrokerRefusal Explain(HttpRequestException failure)
    {
        for (Exception? inner = failure; inner is not null; inner = inner.InnerException)
        {
            if (inner is HttpFormatException broken) return BrokerRefusal.Of(broken);
        }
        return BrokerRefusal.Upstream(failure.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "its name cannot be resolved",
            HttpRequestError.ConnectionError => "the connection could not be made",
            HttpRequestError.SecureConnectionError => "the TLS connection could not be made",
            HttpRequestError.ProxyTunnelError => "the host's proxy refused the connection",
            HttpRequestError.ResponseEnded => "the connection ended before an answer",
            HttpRequestError.InvalidResponse => "what it sent is no HTTP answer",
            _ => "the connection failed",
        });
    }

    private static HttpClient Make(bool useProxy) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = useProxy,
        AutomaticDecompression = DecompressionMethods.None,
        // Requests carry what the room sent and the credential, nothing of the host's own tracing.
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        ConnectTimeout = TimeSpan.FromSeconds(30),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        // Sooner than servers do it: a request that meets the closing of its connection fails, since its body is gone.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        Credentials = null,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
