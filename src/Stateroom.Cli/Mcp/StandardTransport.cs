using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Stateroom.Cli.Mcp;

/// <summary>The protocol over standard input and output, a message a line. The package's own transport drops the answers to what it has read when its input
/// ends; this one ends for the server when all of it is answered.</summary>
internal sealed class StandardTransport : ITransport
{
    private readonly Channel<JsonRpcMessage> _messages = Channel.CreateUnbounded<JsonRpcMessage>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly HashSet<RequestId> _open = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _disposal = new();
    private readonly SemaphoreSlim _writer = new(1);
    private readonly Stream _output;
    private readonly Task _reading;
    private bool _hasEnded;

    /// <param name="input">Where messages come from.</param>
    /// <param name="output">Where answers go.</param>
    public StandardTransport(Stream input, Stream output)
    {
        _output = output;
        _reading = ReadAsync(input);
    }

    public string? SessionId => null;

    public ChannelReader<JsonRpcMessage> MessageReader => _messages.Reader;

    /// <summary>Ends when the input has ended, whatever is still to be answered.</summary>
    public Task Ended => _ended.Task;

    public async Task SendMessageAsync(JsonRpcMessage message, CancellationToken cancellationToken = default)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(message, McpJsonUtilities.DefaultOptions), (byte)'\n'];
        await _writer.WaitAsync(cancellationToken);
        try
        {
            await _output.WriteAsync(line, cancellationToken);
        }
        finally
        {
            _writer.Release();
            if (message is JsonRpcResponse or JsonRpcError) Close(((JsonRpcMessageWithId)message).Id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _messages.Writer.TryComplete();
    }

    private async Task ReadAsync(Stream input)
    {
        try
        {
            using var lines = new StreamReader(input, new UTF8Encoding(false));
            while (await lines.ReadLineAsync(_disposal.Token) is { } line)
            {
                if (Parse(line) is not { } message) continue;
                if (message is JsonRpcRequest request) Open(request.Id);
                // A call that its client has given up gets no answer.
                else if (message is JsonRpcNotification { Method: NotificationMethods.CancelledNotification } given) GiveUp(given);
                await _messages.Writer.WriteAsync(message, _disposal.Token);
            }
            _ended.TrySetResult();
            lock (_open)
            {
                _hasEnded = true;
                if (_open.Count == 0) _answered.TrySetResult();
            }
            await _answered.Task.WaitAsync(_disposal.Token);
        }
        finally
        {
            _messages.Writer.TryComplete();
        }
    }

    // A line that is no message has no id that an answer could name.
    private static JsonRpcMessage? Parse(string line)
    {
        try
        {
            return string.IsNullOrWhiteSpace(line) ? null : JsonSerializer.Deserialize<JsonRpcMessage>(line, McpJsonUtilities.DefaultOptions);
        }
        catch (JsonException)
        {
            Output.Diagnostics.Error("mcp_message", "A line of the input is no message of the protocol and is left out.", json: false);
            return null;
        }
    }

    private void Open(RequestId id)
    {
        lock (_open) _open.Add(id);
    }

    private void GiveUp(JsonRpcNotification notification)
    {
        if (notification.Params?["requestId"] is not JsonValue id) return;
        if (id.TryGetValue(out string? text)) Close(new RequestId(text));
        else if (id.TryGetValue(out long number)) Close(new RequestId(number));
    }

    private void Close(RequestId id)
    {
        lock (_open)
        {
            _open.Remove(id);
            if (_hasEnded && _open.Count == 0) _answered.TrySetResult();
        }
    }
}
