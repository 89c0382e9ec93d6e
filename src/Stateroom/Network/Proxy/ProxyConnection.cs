using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Network.Proxy;

/// <summary>One connection of a room to its proxy: one request, decided upon, and what comes of it.</summary>
internal sealed class ProxyConnection
{
    private static readonly byte[] Established = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    private readonly Stream _client;
    private readonly ProxyServices _services;
    private readonly HttpInput _input;
    private readonly ResponseWriter _output;
    private ClientWatch? _watch;
    private bool _hasAnswer;

    private ProxyConnection(Stream client, ProxyServices services)
    {
        (_client, _services) = (client, services);
        _input = new HttpInput(client, services.Time) { SilenceLimit = Timeout.InfiniteTimeSpan };
        _output = new ResponseWriter(client);
    }

    /// <summary>Serves a connection to its end. What goes wrong with it is its own affair, and told to its client where that is possible.</summary>
    public static async Task ServeAsync(Stream client, ProxyServices services, CancellationToken stop)
    {
        var connection = new ProxyConnection(client, services);
        try
        {
            await connection.RunAsync(stop).ConfigureAwait(false);
        }
        catch (HttpFormatException failure)
        {
            await connection.AnswerAsync(failure.StatusCode, failure.Message, stop).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        if (await RequestHead.ReadAsync(_input, stop).ConfigureAwait(false) is not { } head) return;
        ProxyTarget target;
        try
        {
            target = ProxyTarget.Of(head);
        }
        catch (ProxyTargetException failure)
        {
            if (failure.Host.Length > 0 && !await RecordAsync(failure.Host, failure.Port, NetworkVerdict.Refused(failure.Message), stop).ConfigureAwait(false)) return;
            await AnswerAsync(400, failure.Message, stop).ConfigureAwait(false);
            return;
        }
        if (target.IsTunnel && head.Count("content-length") + head.Count("transfer-encoding") > 0) throw HttpFormatException.Bad("A CONNECT has no body.");
        var body = RequestBody.Of(head, _input, long.MaxValue);
        if (await ConnectAsync(target, stop).ConfigureAwait(false) is not { } origin) return;
        await using (origin.ConfigureAwait(false))
        {
            if (target.IsTunnel) await TunnelAsync(origin, stop).ConfigureAwait(false);
            else await ForwardAsync(head, target, body, origin, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Records a decision. False if that is not possible, and the client has been told: what is not on record is not done.</summary>
    private async Task<bool> RecordAsync(string host, int port, NetworkVerdict verdict, CancellationToken stop)
    {
        try
        {
            await _services.Recorder.RecordAsync(host, port, verdict, stop).ConfigureAwait(false);
            return true;
        }
        catch (IOException)
        {
            // Its message names a path of the host.
            await AnswerAsync(500, "The decision about this connection could not be written into the session's network log; the host's disk may be full.", stop).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Decides and connects. Null if the client has been told why not.</summary>
    private async Task<NetworkStream?> ConnectAsync(ProxyTarget target, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(OriginConnector.Limit, _services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        NetworkVerdict verdict;
        try
        {
            verdict = await _services.Gate.DecideAsync(target.Host, target.Port, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            verdict = NetworkVerdict.Unknown(null, $"{target.Host} was not resolved within {OriginConnector.Limit.TotalSeconds:0} s");
        }
        if (!await RecordAsync(target.Host.ToString(), target.Port, verdict, stop).ConfigureAwait(false)) return null;
        if (verdict.Addresses.Count == 0)
        {
            await (verdict.Error is { } error ? AnswerAsync(502, $"{error}.", stop) : AnswerAsync(403, $"The connection to {Name(target)} is refused: {verdict.Reason}.", stop)).ConfigureAwait(false);
            return null;
        }
        try
        {
            return await OriginConnector.ConnectAsync(verdict.Addresses, target.Port, _services.Time, stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or TimeoutException)
        {
            var why = failure is SocketException refused ? SocketErrorText.Of(refused) : failure.Message;
            await AnswerAsync(502, $"{Name(target)} is allowed (rule '{verdict.Rule}') and cannot be reached from the host: {why}.", stop).ConfigureAwait(false);
            return null;
        }
    }

    private async Task TunnelAsync(NetworkStream origin, CancellationToken stop)
    {
        await _client.WriteAsync(Established, stop).ConfigureAwait(false);
        await Relay.BothWaysAsync(_input, _client, origin, stop).ConfigureAwait(false);
    }

    private async Task ForwardAsync(RequestHead head, ProxyTarget target, RequestBody body, NetworkStream origin, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var watch = _watch = new ClientWatch(_client, head.MinorVersion, _services.Time);
        await origin.WriteAsync(HopFields.Request(head, target, body), over.Token).ConfigureAwait(false);
        if (head.ExpectsContinue && !body.IsComplete) await _output.ContinueAsync(over.Token).ConfigureAwait(false);
        var sending = body.DeclaredLength is null ? Relay.CopyChunkedAsync(body, origin, over.Token) : Relay.CopyAsync(body, origin, over.Token);
        var answering = AnswerFromAsync(origin, head.Method, target, over.Token);
        try
        {
            // The origin may answer before it has all of the body.
            if (await Task.WhenAny(sending, answering).ConfigureAwait(false) == sending) await EndOfAsync(sending).ConfigureAwait(false);
            if (!answering.IsCompleted) await Task.WhenAny(answering, ClientGoneAsync(watch, over.Token)).ConfigureAwait(false);
            if (answering.IsCompleted) await answering.ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending, answering).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (!body.IsComplete) await ConnectionEnd.LingerAsync(_client, _services.Time, stop).ConfigureAwait(false);
    }

    private async Task AnswerFromAsync(NetworkStream origin, string method, ProxyTarget target, CancellationToken cancellationToken)
    {
        string problem;
        try
        {
            if (await OriginAnswer.ReadAsync(origin, method, _services.Time, cancellationToken).ConfigureAwait(false) is { } answer)
            {
                _hasAnswer = true;
                _watch?.AnswerBegins();
                await answer.PassOnAsync(_client, cancellationToken).ConfigureAwait(false);
                return;
            }
            problem = "it closed the connection";
        }
        catch (HttpFormatException)
        {
            problem = $"its head is not strict HTTP/1.1, or longer than {HttpInput.MostHeadBytes >> 10} KiB";
        }
        await AnswerAsync(502, $"{Name(target)} gave no answer that can be passed on: {problem}.", cancellationToken).ConfigureAwait(false);
    }

    private async Task AnswerAsync(int status, string text, CancellationToken cancellationToken)
    {
        // In the middle of another answer a failure can only be told by cutting it.
        if (_hasAnswer || _output.HasBegun) return;
        _watch?.AnswerBegins();
        await _output.WriteAsync(status, [new HttpField("Content-Type", "text/plain; charset=utf-8")], Encoding.UTF8.GetBytes($"Stateroom: {text}\n"), cancellationToken).ConfigureAwait(false);
        await ConnectionEnd.LingerAsync(_client, _services.Time, cancellationToken).ConfigureAwait(false);
    }

    private static async Task EndOfAsync(Task sending)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The origin takes no more and may have said why; if it is the client that has gone, that shows in its next read.
        }
    }

    // Nothing may follow the one request; what does is left unread. That nothing more comes is no departure.
    private async Task ClientGoneAsync(ClientWatch watch, CancellationToken cancellationToken)
    {
        if (await _input.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0) await Task.Delay(Timeout.InfiniteTimeSpan, _services.Time, cancellationToken).ConfigureAwait(false);
        else await watch.LeftAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Name(ProxyTarget target) => string.Create(CultureInfo.InvariantCulture, $"{target.Host}:{target.Port}");
}
