using System.Net.Sockets;
using System.Text;
using Stateroom.Agents.Broker;
using Stateroom.Agents.Credentials;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>A broker, and a client that stands for the room.</summary>
internal sealed class BrokerDesk : IAsyncDisposable
{
    public const string Key = "sk-ant-host-0123456789-abcdefghijklmnop";
    public const string Request = """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}""";

    public BrokerDesk(Uri upstream, ModelCredentialKind kind = ModelCredentialKind.ApiKey, Func<BrokerOptions, BrokerOptions>? change = null, string key = Key)
    {
        var options = new BrokerOptions
        {
            Upstream = upstream,
            Credentials = new ModelCredentialSource { Environment = _ => null, Callback = _ => ValueTask.FromResult<ModelCredential?>(new(kind, key)) },
        };
        Broker = new ModelBroker(Port, change?.Invoke(options) ?? options);
        Room = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port.Port}") };
        Room.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
    }

    public TcpRoomListener Port { get; } = new();

    public ModelBroker Broker { get; }

    public HttpClient Room { get; }

    public static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    public Task<BrokerTurn> BeginTurnAsync(long budget = long.MaxValue) => Broker.BeginTurnAsync(budget, Soon);

    /// <summary>Asks as an agent does; returns when the head of the answer is there.</summary>
    public Task<HttpResponseMessage> AskAsync(string body = Request, string path = "/v1/messages?beta=true", CancellationToken? cancellationToken = null) =>
        Room.SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") },
            HttpCompletionOption.ResponseHeadersRead, cancellationToken ?? Soon);

    /// <summary>Sends bytes as they are; returns all that comes back.</summary>
    public async Task<string> SendRawAsync(string bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port.Port, Soon);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(bytes), Soon);
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync(Soon);
    }

    public async ValueTask DisposeAsync()
    {
        Room.Dispose();
        await Broker.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
    }
}
