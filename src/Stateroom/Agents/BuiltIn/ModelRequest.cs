using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>One request to the model, tried again where that helps. After the stream, either <see cref="Response"/> or <see cref="Failure"/> is set.</summary>
internal sealed class ModelRequest(IChatClient client, BuiltInAgentOptions options)
{
    private readonly TimeProvider _time = options.Time ?? TimeProvider.System;
    private readonly StringBuilder _text = new();

    public ChatResponse? Response { get; private set; }

    public ModelFailure? Failure { get; private set; }

    /// <summary>The text that was shown so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The pieces of the reply's text as they come.</summary>
    public async IAsyncEnumerable<string> StreamAsync(
        IReadOnlyList<ChatMessage> chat, ChatOptions chatOptions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            await foreach (var piece in TryAsync(chat, chatOptions, cancellationToken).ConfigureAwait(false))
                yield return piece;
            // What was shown cannot be taken back: a second try would show it twice.
            if (Failure is not { IsTransient: true } || attempt >= options.MaxRetries || _text.Length > 0)
                yield break;
            await Task.Delay(TimeSpan.FromSeconds(Math.Min(1 << Math.Min(attempt, 5), 30)), _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<string> TryAsync(
        IReadOnlyList<ChatMessage> chat, ChatOptions chatOptions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Failure = null;
        var updates = new List<ChatResponseUpdate>();
        using var limit = new CancellationTokenSource(options.RequestTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var stream = client.GetStreamingResponseAsync(chat, chatOptions, both.Token).GetAsyncEnumerator(both.Token);
        await using (stream.ConfigureAwait(false))
        {
            while (await MoveAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                updates.Add(stream.Current);
                var text = stream.Current.Text;
                if (text.Length == 0)
                    continue;
                _text.Append(text);
                yield return text;
            }
        }

        if (Failure is null)
            Response = updates.ToChatResponse();
    }

    private async ValueTask<bool> MoveAsync(IAsyncEnumerator<ChatResponseUpdate> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Whatever a client throws is the end of this request, and the turn's result says so.
            Failure = ModelFailure.From(e);
            return false;
        }
    }
}
