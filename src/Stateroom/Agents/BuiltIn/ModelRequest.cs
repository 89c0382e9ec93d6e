using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>One request to the model, tried again where that helps. After the stream, either <see cref="Response"/> or <see cref="Failure"/> is set.</summary>
internal sealed class ModelRequest(ModelConnection model, BuiltInAgentOptions options)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _time = options.Time ?? TimeProvider.System;
    private readonly StringBuilder _text = new();

    public ChatResponse? Response { get; private set; }

    public ModelFailure? Failure { get; private set; }

    /// <summary>The text that was shown so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The pieces of the reply as they come, and a notice for each further try.</summary>
    public async IAsyncEnumerable<TurnEvent> StreamAsync(
        IReadOnlyList<ChatMessage> chat, ChatOptions chatOptions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            await foreach (var piece in TryAsync(chat, chatOptions, cancellationToken).ConfigureAwait(false))
                yield return piece;
            // What was shown cannot be taken back: a second try would show it twice.
            if (Failure is not { IsTransient: true } || attempt >= options.MaxRetries || _text.Length > 0)
                yield break;
            var wait = WaitAfter(attempt);
            yield return new Notice(string.Create(CultureInfo.InvariantCulture,
                $"{Failure.Short}; trying again in {Math.Ceiling(wait.TotalSeconds):0} s ({attempt + 1} of {options.MaxRetries})."));
            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    // The provider knows best. Else the wait doubles, and differs between those who were turned away together.
    private TimeSpan WaitAfter(int attempt)
    {
        var wait = model.RetryAfter?.From(_time.GetUtcNow())
            ?? TimeSpan.FromSeconds((1 << Math.Min(attempt, 5)) * (1 + Random.Shared.NextDouble() / 4));
        return wait < LongestWait ? wait : LongestWait;
    }

    private async IAsyncEnumerable<TurnEvent> TryAsync(
        IReadOnlyList<ChatMessage> chat, ChatOptions chatOptions, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Failure = null;
        model.RetryAfter?.Clear();
        var updates = new List<ChatResponseUpdate>();
        using var limit = new CancellationTokenSource(options.RequestTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var stream = model.Client.GetStreamingResponseAsync(chat, chatOptions, both.Token).GetAsyncEnumerator(both.Token);
        await using (stream.ConfigureAwait(false))
        {
            while (await MoveAsync(stream, cancellationToken).ConfigureAwait(false))
            {
                updates.Add(stream.Current);
                foreach (var content in stream.Current.Contents)
                {
                    if (content is TextReasoningContent { Text.Length: > 0 } thinking)
                        yield return new ThinkingDelta(thinking.Text);
                    if (content is not TextContent { Text.Length: > 0 } text)
                        continue;
                    _text.Append(text.Text);
                    yield return new TextDelta(text.Text);
                }
            }
        }

        if (Failure is not null)
            yield break;
        var response = updates.ToChatResponse();
        if (model.SaysItsEnd && response.FinishReason is null)
            Failure = ModelFailure.CutOff;
        else
            Response = response;
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
            Failure = ModelFailure.From(e, model.Address);
            return false;
        }
    }
}
