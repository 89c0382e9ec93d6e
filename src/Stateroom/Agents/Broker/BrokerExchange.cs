using System.Buffers;
using System.Net.Sockets;
using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>One connection of the room: one request, and its answer as it comes.</summary>
internal sealed class BrokerExchange(Stream connection, BrokerOptions options, BodyMemory.Share memory, Func<BrokerTurn?> currentTurn)
{
    private const int PieceBytes = 32 * 1024, MostErrorBytes = 1024 * 1024;

    // Shorter ones, as gateways may take them, would be found in words of the answer.
    private const int LeastFilteredSecret = 16;

    private readonly HttpInput _input = new(connection, options.Time);
    private ResponseWriter _response = new(connection);
    private ClientWatch _watch = new(connection, minorVersion: 0, options.Time);

    /// <summary>Serves it. What goes wrong is told to the client, or ends the connection.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            if (await AnswerAsync(stop).ConfigureAwait(false) is { } refusal) await refusal.WriteAsync(_response, stop).ConfigureAwait(false);
            await ConnectionEnd.LingerAsync(connection, options.Time, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or HttpRequestException)
        {
            // The client has gone, the turn has ended, or an answer broke off within: without its last chunk the client sees it cut.
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<BrokerRefusal?> AnswerAsync(CancellationToken stop)
    {
        try
        {
            if (await RequestHead.ReadAsync(_input, stop).ConfigureAwait(false) is not { } head) return null;
            (_response, _watch) = (new ResponseWriter(connection, head.MinorVersion), new ClientWatch(connection, head.MinorVersion, options.Time));
            if (BrokerRoute.Of(head) is not { } route) return BrokerRefusal.NotFound;
            if (currentTurn() is not { } turn) return BrokerRefusal.NoTurn;
            // A key that was refused once is refused for the rest of the turn: trying again would only make the user wait.
            if (turn.LastFailure is { Status: 401 or 403 } known) return BrokerRefusal.SameAs(known);
            var body = RequestBody.Of(head, _input, options.MostRequestBytes);
            if (head.ExpectsContinue) await _response.ContinueAsync(stop).ConfigureAwait(false);
            using var whole = await BrokerBody.ReadAsync(body, memory, options, stop).ConfigureAwait(false);
            if (BrokerReach.Check(whole.Content, options.ProviderTools) is { } reaching) return reaching;
            using var request = new HttpRequestMessage(HttpMethod.Post, route.At(options.Upstream)) { Content = whole.ToContent() };
            if (BrokerHeaders.Copy(head, request) is { } refused) return refused;
            turn.Credential.Credential.AddTo(request.Headers);
            if (route.IsCounted ? !turn.TryBeginRequest() : turn.IsBudgetUsedUp) return BrokerRefusal.OverBudget(turn.TokenBudget, turn.Usage.Tokens);
            return await ForwardAsync(request, whole, turn, route, stop).ConfigureAwait(false);
        }
        catch (HttpFormatException broken) when (!_response.HasBegun)
        {
            return BrokerRefusal.Of(broken);
        }
    }

    private async Task<BrokerRefusal?> ForwardAsync(HttpRequestMessage request, BrokerBody body, BrokerTurn turn, BrokerRoute route, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, turn.Ended);
        using var silence = new CancellationTokenSource(options.SilenceLimit, options.Time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(over.Token, silence.Token);
        var watch = WatchAsync(over);
        HttpResponseMessage? response = null;
        var isUnsent = false;
        try
        {
            response = await BrokerUpstream.For(options.Upstream).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, any.Token).ConfigureAwait(false);
            silence.CancelAfter(options.SilenceLimit);
            // It has been sent; the answer may take minutes.
            body.Dispose();
            return await PassAsync(response, body, turn, route, silence, any.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException failure) when (!_response.HasBegun && !over.IsCancellationRequested)
        {
            isUnsent = failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;
            return Failed(turn, BrokerUpstream.Explain(failure));
        }
        catch (OperationCanceledException) when (!_response.HasBegun && !over.IsCancellationRequested)
        {
            return Failed(turn, BrokerRefusal.Silent(options.SilenceLimit));
        }
        finally
        {
            // The provider has the request and may have begun to work; what that costs is told nowhere any more.
            if (response is null && route.IsCounted && !isUnsent) turn.Record(default, UsageMeter.For(null, body.Length).Count);
            response?.Dispose();
            await over.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(false);
        }
    }

    private async Task<BrokerRefusal?> PassAsync(
        HttpResponseMessage response, BrokerBody body, BrokerTurn turn, BrokerRoute route, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status is >= 300 and < 400) return Failed(turn, BrokerRefusal.Upstream("it sends elsewhere, which is not followed; the API's address may be wrong"));
        if (response.Content.Headers.ContentEncoding.Any(coding => coding != "identity")) return Failed(turn, BrokerRefusal.Upstream("its answer is compressed, which was not asked for"));
        var credential = turn.Credential.Credential;
        var fields = BrokerHeaders.Select(response, credential.Redact);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        if (status >= 400)
        {
            var error = await ReadErrorAsync(stream, credential.Value, cancellationToken).ConfigureAwait(false);
            turn.RecordFailure(status, BrokerRefusal.MessageOf(error));
            _watch.AnswerBegins();
            await _response.WriteAsync(status, fields, error, cancellationToken).ConfigureAwait(false);
            return null;
        }
        var meter = route.IsCounted ? UsageMeter.For(response.Content.Headers.ContentType?.MediaType, body.Length) : null;
        _watch.AnswerBegins();
        await _response.BeginAsync(status, fields, cancellationToken).ConfigureAwait(false);
        await StreamAsync(stream, credential.Value, meter, turn, silence, cancellationToken).ConfigureAwait(false);
        await _response.EndAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task StreamAsync(Stream stream, string secret, UsageMeter? meter, BrokerTurn turn, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        var filter = secret.Length >= LeastFilteredSecret ? new SecretFilter(secret) : null;
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        var counted = default(TokenCount);
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var got and > 0)
            {
                silence.CancelAfter(options.SilenceLimit);
                if (meter is not null) turn.RecordFirstByte();
                meter?.Read(buffer.AsSpan(0, got));
                Count();
                var piece = buffer.AsMemory(0, got);
                await _response.WritePieceAsync(filter?.Next(piece) ?? piece, cancellationToken).ConfigureAwait(false);
                // A client that reads slowly is no silence of the provider.
                silence.CancelAfter(options.SilenceLimit);
            }
            if (filter is not null) await _response.WritePieceAsync(filter.End(), cancellationToken).ConfigureAwait(false);
            meter?.End();
        }
        finally
        {
            Count();
            ArrayPool<byte>.Shared.Return(buffer);
        }

        void Count()
        {
            if (meter is null) return;
            turn.Record(counted, meter.Count);
            counted = meter.Count;
        }
    }

    // Errors are short; of a longer one the beginning is enough.
    private static async Task<byte[]> ReadErrorAsync(Stream stream, string secret, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var filter = new SecretFilter(secret);
        var buffer = new byte[PieceBytes];
        while (body.Length < MostErrorBytes && await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var got and > 0)
            body.Write(filter.Next(buffer.AsMemory(0, got)).Span);
        body.Write(filter.End().Span);
        return body.ToArray();
    }

    // When the client leaves, nobody needs the answer. That it sends no more is no departure.
    private async Task WatchAsync(CancellationTokenSource over)
    {
        try
        {
            var dropped = new byte[256];
            while (await connection.ReadAsync(dropped, over.Token).ConfigureAwait(false) > 0)
            {
                // What is sent beyond the one request is not read as another.
            }
            await _watch.LeftAsync(over.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It has gone, or the answer is done.
        }
        await over.CancelAsync().ConfigureAwait(false);
    }

    // The user is told where the provider was looked for; the room is not.
    private BrokerRefusal Failed(BrokerTurn turn, BrokerRefusal refusal)
    {
        turn.RecordFailure(refusal.Status, $"{refusal.Message.TrimEnd('.')} ({options.Upstream.IdnHost}:{options.Upstream.Port})");
        return refusal;
    }
}
