using System.Net.Sockets;
using System.Text;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>Clients that end what they send with the request, as <c>nc -N</c> does, and wait.</summary>
public sealed class BrokerHalfCloseTests
{
    private const string Answer = """{"type":"message","usage":{"input_tokens":3,"output_tokens":4}}""";

    [Theory]
    [InlineData("1.1", "HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("1.0", "")]
    public async Task A_client_that_has_only_ended_what_it_sends_gets_the_answer(string version, string before)
    {
        var go = new TaskCompletionSource();
        await using var provider = new RawProvider(async request =>
        {
            await go.Task;
            await request.SendAsync(RawProvider.Whole(Answer));
        });
        await using var desk = new BrokerDesk(provider.Address);
        using var turn = await desk.BeginTurnAsync();
        using var client = new TcpClient("127.0.0.1", desk.Port.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"POST /v1/messages HTTP/{version}\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}"), BrokerDesk.Soon);
        client.Client.Shutdown(SocketShutdown.Send);
        var sign = new byte[before.Length];
        await stream.ReadExactlyAsync(sign, BrokerDesk.Soon);
        Assert.Equal(before, Encoding.Latin1.GetString(sign));
        go.SetResult();
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(BrokerDesk.Soon);
        Assert.Contains("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains(Answer, answer, StringComparison.Ordinal);
    }
}
