using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateroom.Tests.Network.Proxy;

/// <summary>A server on the host's loopback that takes whole connections: what came, up to its end or an empty line, and an answer.</summary>
internal sealed class Origin : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Stream, CancellationToken, Task> _serve;
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _serving;

    public Origin(Func<Stream, CancellationToken, Task> serve, IPAddress? address = null)
    {
        _serve = serve;
        _listener = new TcpListener(address ?? IPAddress.Loopback, 0);
        _listener.Start(1024);
        _serving = RunAsync();
    }

    /// <summary>A server that gives one answer to each head, and keeps the head.</summary>
    public static Origin Answering(string answer, ConcurrentQueue<string>? heads = null) => new(async (stream, stop) =>
    {
        var head = await ReadHeadAsync(stream, stop);
        heads?.Enqueue(head);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), stop);
    });

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _connections.Count;

    public static async Task<string> ReadHeadAsync(Stream stream, CancellationToken stop)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, stop) == 1) text.Append((char)one[0]);
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        await Task.WhenAll(_connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            _connections.Add(ServeAsync(socket));
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        await _serve(stream, _stop.Token);
    }
}
