using System.Net;
using System.Net.Sockets;
using System.Text;
using Stateroom.Agents.Broker;
using Stateroom.Agents.Credentials;
using Stateroom.Network;
using Stateroom.Testing;

namespace Stateroom.Bench;

/// <summary>What the way through the broker adds to a request to the model, up to the first byte of its answer.</summary>
internal static class BrokerRow
{
    private const int RequestBytes = 100_000;

    public static async Task MeasureAsync(Table table, int rounds)
    {
        await using var model = await ScriptedModelServer.StartAsync(Scenario.Parse("""{ "turns": [ { "prompt": "", "replies": [ { "text": "ok" } ] } ] }"""));
        await using var port = new Port();
        var credentials = new ModelCredentialSource { Environment = _ => null, Callback = _ => ValueTask.FromResult<ModelCredential?>(new(ModelCredentialKind.ApiKey, "bench-0123456789abcdef")) };
        await using var broker = new ModelBroker(port, new BrokerOptions { Upstream = model.BaseAddress, Credentials = credentials });
        using var turn = await broker.BeginTurnAsync(long.MaxValue, CancellationToken.None);
        using var direct = Client(model.BaseAddress);
        using var through = Client(new Uri($"http://127.0.0.1:{port.Number}"));
        var medians = await Measure.MediansAsync(rounds, () => AskAsync(direct), () => AskAsync(through));
        table.Add("first byte of the model through the broker", medians[1], "ms", medians[0]);
    }

    private static HttpClient Client(Uri address)
    {
        var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Add("x-api-key", "none");
        client.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");
        return client;
    }

    private static async Task AskAsync(HttpClient client)
    {
        var body = $$$"""{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"{{{new string('x', RequestBytes)}}}"}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync();
        if (await stream.ReadAsync(new byte[1]) == 0) throw new InvalidOperationException("The model said nothing.");
        await stream.CopyToAsync(Stream.Null);
    }

    private sealed class Port : IRoomListener
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Port() => _listener.Start();

        public int Number => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async Task<Stream> AcceptAsync(CancellationToken cancellationToken) => new NetworkStream(await _listener.AcceptSocketAsync(cancellationToken), ownsSocket: true);

        public ValueTask DisposeAsync()
        {
            _listener.Stop();
            return ValueTask.CompletedTask;
        }
    }
}
