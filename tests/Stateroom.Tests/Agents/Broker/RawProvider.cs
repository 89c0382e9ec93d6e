using System.Net;
using System.Net.Sockets;
using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Tests.Agents.Broker;

/// <summary>A provider that shows what really came, and answers with whatever bytes a test wants.</summary>
internal sealed class RawProvider : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<RawRequest, Task> _answer;
    private readonly Task _running;
    private int _count;

    public RawProvider(Func<RawRequest, Task> answer)
    {
        _answer = answer;
        _listener.Start(1000);
        _running = RunAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Count => Volatile.Read(ref _count);

    /// <summary>A provider that answers every request with the same text.</summary>
    public static RawProvider Saying(string answer) => new(request => request.SendAsync(answer));

    public static string Whole(string body, string fields = "content-type: application/json\r\n", int status = 200) =>
        $"HTTP/1.1 {status} Some\r\n{fields}connection: close\r\ncontent-length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stop.Token);
            _ = Task.Run(() => ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        var input = new HttpInput(stream, TimeProvider.System);
        if (await RequestHead.ReadAsync(input, _stop.Token) is not { } head) return;
        Interlocked.Increment(ref _count);
        using var body = new MemoryStream();
        await RequestBody.Of(head, input, long.MaxValue).CopyToAsync(body, _stop.Token);
        await _answer(new RawRequest(head, body.ToArray(), stream));
    }
}

/// <summary>A request as it came, and the connection to answer on; it ends with the answer.</summary>
internal sealed record RawRequest(RequestHead Head, byte[] Body, NetworkStream Connection)
{
    public async Task SendAsync(string text) => await Connection.WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Waits until the other side has left.</summary>
    public async Task LeftAsync() => Assert.Equal(0, await Connection.ReadAsync(new byte[1]));
}
