using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn.Tools;

namespace Stateroom.Agents.BuiltIn;

/// <summary>One turn: ask the model, run the tools it calls, tell it their results, until it answers without a call.</summary>
internal sealed class BuiltInTurn(IChatClient client, AgentTurn turn, RoomTools tools, BuiltInAgentOptions options, Func<string, string> redact)
{
    private readonly TimeProvider _time = options.Time ?? TimeProvider.System;
    private readonly PromptCache _cache = new();
    private readonly List<ChatMessage> _chat = Conversation.Rebuild(SystemPrompt.For(turn.Options), turn.Messages);
    private readonly ChatOptions _chatOptions = new()
    {
        ModelId = turn.Options.Model ?? options.DefaultModel,
        MaxOutputTokens = options.MaxOutputTokens,
        Tools = [.. RoomTools.Declarations],
    };

    private long _started;
    private int _requests;
    private long? _inputTokens, _outputTokens;

    public async IAsyncEnumerable<TurnEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _started = _time.GetTimestamp();
        while (true)
        {
            _cache.Mark(_chat);
            _requests++;
            var request = new ModelRequest(client, options);
            try
            {
                await foreach (var piece in request.StreamAsync(_chat, _chatOptions, cancellationToken).ConfigureAwait(false))
                    yield return new TextDelta(piece);
            }
            finally
            {
                // What was shown is part of the conversation, also when the reply broke off or the turn was interrupted.
                if (request.Response is null && !string.IsNullOrWhiteSpace(request.Text))
                    await turn.AppendMessageAsync("assistant", MessageBlocks.Text(request.Text), CancellationToken.None).ConfigureAwait(false);
            }

            if (request.Response is not { } response)
            {
                yield return Fail(request.Text, request.Failure!.Code, redact($"The model gave no reply: {request.Failure.Message}"));
                yield break;
            }

            Count(response.Usage);
            var contents = response.Messages.SelectMany(m => m.Contents).ToList();
            var calls = contents.OfType<FunctionCallContent>().ToList();
            if (calls.Count > 0 || response.Text.Length > 0)
                await turn.AppendMessageAsync("assistant", MessageBlocks.Assistant(contents), cancellationToken).ConfigureAwait(false);
            if (calls.Count == 0)
            {
                yield return Finish(response);
                yield break;
            }

            _chat.Add(new ChatMessage(ChatRole.Assistant, contents));
            StateroomException? lost = null;
            await foreach (var item in RunToolsAsync(calls, response.FinishReason, e => lost = e, cancellationToken).ConfigureAwait(false))
                yield return item;
            if (lost is not null)
            {
                yield return Fail(response.Text, lost.Code, lost.Message);
                yield break;
            }

            if (_requests >= turn.Options.MaxTurns)
            {
                yield return Fail(response.Text, "max_turns",
                    $"The agent reached its limit of {turn.Options.MaxTurns} requests to the model without a final answer. Prompt it again to go on, or raise the limit.");
                yield break;
            }
        }
    }

    private async IAsyncEnumerable<TurnEvent> RunToolsAsync(
        List<FunctionCallContent> calls, ChatFinishReason? finish, Action<StateroomException> onLost, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var results = new List<FunctionResultContent>();
        try
        {
            foreach (var call in calls)
            {
                yield return new ToolCallStarted(call.CallId, call.Name, MessageBlocks.Input(call));
                var output = finish == ChatFinishReason.Length
                    ? ToolOutput.Error($"Not run: your reply was cut off at {options.MaxOutputTokens} tokens, so its tool calls may be incomplete. Send smaller calls.")
                    : await tools.RunAsync(call, cancellationToken).ConfigureAwait(false);
                results.Add(output.IsError ? Conversation.ToolError(call.CallId, output.Text) : new FunctionResultContent(call.CallId, output.Text));
                yield return new ToolCallCompleted(call.CallId, output.IsError, output.Text);
                if (output.Lost is not null)
                {
                    onLost(output.Lost);
                    break;
                }
            }
        }
        finally
        {
            // Stored in any case: what the tools did has happened.
            results.AddRange(calls.Skip(results.Count).Select(c => Conversation.InterruptedResult(c.CallId)));
            await turn.AppendMessageAsync("tool", MessageBlocks.ToolResults(results), CancellationToken.None).ConfigureAwait(false);
            _chat.Add(new ChatMessage(ChatRole.Tool, [.. results]));
        }
    }

    private TurnCompleted Finish(ChatResponse response)
    {
        var text = response.Text;
        if (response.FinishReason == ChatFinishReason.Length)
            return Fail(text, "output_limit", $"The model's answer was cut off at {options.MaxOutputTokens} tokens.");
        if (response.FinishReason == ChatFinishReason.ContentFilter)
            return Fail(text, "refusal", "The model refused to answer this prompt.");
        return string.IsNullOrWhiteSpace(text)
            ? Fail("", "no_result", "The model ended the turn with neither an answer nor a tool call.")
            : new TurnCompleted(Result(true, text));
    }

    private TurnCompleted Fail(string text, string code, string error) => new(Result(false, text) with { ErrorCode = code, Error = error });

    private TurnResult Result(bool success, string text) => new()
    {
        Success = success,
        Response = text,
        Turns = _requests,
        Duration = _time.GetElapsedTime(_started),
        InputTokens = _inputTokens,
        OutputTokens = _outputTokens,
    };

    private void Count(UsageDetails? usage)
    {
        if (usage?.InputTokenCount is { } input)
            _inputTokens = (_inputTokens ?? 0) + input;
        if (usage?.OutputTokenCount is { } output)
            _outputTokens = (_outputTokens ?? 0) + output;
    }
}
