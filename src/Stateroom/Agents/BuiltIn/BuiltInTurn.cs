using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn.Context;
using Stateroom.Agents.BuiltIn.Tools;
using Stateroom.Agents.Conversations;

namespace Stateroom.Agents.BuiltIn;

/// <summary>One turn: ask the model, run the tools it calls, tell it their results, until it answers without a call.</summary>
internal sealed class BuiltInTurn
{
    private readonly ModelConnection _model;
    private readonly AgentTurn _turn;
    private readonly RoomShells _shells;
    private readonly BuiltInAgentOptions _options;
    private readonly Func<string, string> _redact;
    private readonly TimeProvider _time;
    private readonly TurnUsage _usage;
    private readonly ContextWindow _context;
    private readonly ChatOptions _chatOptions;
    private readonly long _started;
    private int _requests;

    /// <param name="model">The model.</param>
    /// <param name="turn">The session as the agent sees it.</param>
    /// <param name="shells">The shells of the agent's rooms.</param>
    /// <param name="options">The agent's options.</param>
    /// <param name="project">The project's own instructions; null if there are none.</param>
    /// <param name="redact">Takes credentials out of a text.</param>
    public BuiltInTurn(ModelConnection model, AgentTurn turn, RoomShells shells, BuiltInAgentOptions options, string? project, Func<string, string> redact)
    {
        (_model, _turn, _shells, _options, _redact) = (model, turn, shells, options, redact);
        _time = options.Time ?? TimeProvider.System;
        _started = _time.GetTimestamp();
        var name = turn.Options.Model ?? options.DefaultModel;
        _usage = new TurnUsage(options.Prices.GetValueOrDefault(name));
        var tools = RoomTools.Offered(turn.Options).ToList();
        _context = new ContextWindow(model, options, turn, SystemPrompt.For(turn.Options, [.. tools.Select(t => t.Name)], project), _usage);
        _chatOptions = new ChatOptions
        {
            ModelId = name,
            MaxOutputTokens = options.MaxOutputTokens,
            Tools = tools.Count > 0 ? [.. tools.Select(t => t.Declaration)] : null,
        };
    }

    public async IAsyncEnumerable<TurnEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var text = "";
        while (true)
        {
            // A summary is a request too.
            if (!IsSpent)
                await foreach (var item in _context.PrepareAsync(cancellationToken).ConfigureAwait(false))
                    yield return item;
            if (_context.Failure is not null || IsSpent)
            {
                yield return _context.Failure is { } full ? FailContext(text, full) : FailBudget(text);
                yield break;
            }

            _context.MarkCache();
            _requests++;
            var request = new ModelRequest(_model, _options);
            try
            {
                await foreach (var item in request.StreamAsync(_context.Chat, _chatOptions, cancellationToken).ConfigureAwait(false))
                    yield return item;
            }
            finally
            {
                // What was shown is part of the conversation, also when the reply broke off or the turn was interrupted.
                if (request.Response is null && !string.IsNullOrWhiteSpace(request.Text))
                    await _context.AppendAsync("assistant", MessageBlocks.Text(request.Text), null, CancellationToken.None).ConfigureAwait(false);
            }

            if (request.Response is not { } response)
            {
                if (request.Failure!.IsTooLong && request.Text.Length == 0)
                {
                    // It was no request that the model worked on.
                    _requests--;
                    await foreach (var item in _context.MakeRoomAsync(cancellationToken).ConfigureAwait(false))
                        yield return item;
                    if (_context.Failure is null)
                        continue;
                    yield return FailContext(text, _context.Failure);
                    yield break;
                }

                yield return FailRequest(request.Text.Length > 0 ? request.Text : text, request.Failure);
                yield break;
            }

            _context.Count(response);
            var contents = response.Messages.SelectMany(m => m.Contents).ToList();
            var calls = contents.OfType<FunctionCallContent>().ToList();
            text = response.Text;
            if (calls.Count > 0 || text.Length > 0)
                await _context.AppendAsync("assistant", MessageBlocks.Assistant(contents), new ChatMessage(ChatRole.Assistant, contents), cancellationToken).ConfigureAwait(false);
            if (calls.Count == 0)
            {
                yield return Finish(response);
                yield break;
            }

            var round = new ToolRound(_turn, _shells, calls)
            {
                Refusal = response.FinishReason == ChatFinishReason.Length
                    ? $"Not run: your reply was cut off at {_options.MaxOutputTokens} tokens, so its tool calls may be incomplete. Send smaller calls."
                    : null,
            };
            try
            {
                await foreach (var item in round.RunAsync(cancellationToken).ConfigureAwait(false))
                    yield return item;
            }
            finally
            {
                // Stored in any case: what the tools did has happened.
                var results = round.Results();
                await _context.AppendAsync("tool", MessageBlocks.ToolResults(results), new ChatMessage(ChatRole.Tool, [.. results]), CancellationToken.None).ConfigureAwait(false);
            }

            if (round.Lost is not null || _requests >= _turn.Options.MaxTurns)
            {
                yield return round.Lost is { } lost ? Fail(text, lost.Code, lost.Message) : FailMaxTurns(text);
                yield break;
            }
        }
    }

    private bool IsSpent => _usage.Spent >= _turn.Options.TokenBudget;

    private TurnCompleted Finish(ChatResponse response)
    {
        var text = response.Text;
        if (response.FinishReason == ChatFinishReason.Length)
            return Fail(text, "output_limit", $"The model's answer was cut off at {_options.MaxOutputTokens} tokens.");
        if (response.FinishReason == ChatFinishReason.ContentFilter)
            return Fail(text, "refusal", "The model refused to answer this prompt.");
        return string.IsNullOrWhiteSpace(text)
            ? Fail("", "no_result", "The model ended the turn with neither an answer nor a tool call.")
            : new TurnCompleted(Result(true, text));
    }

    private TurnCompleted FailRequest(string text, ModelFailure failure)
    {
        var way = failure.Code == ModelFailure.AuthenticationError && _model.Credential is { } credential ? $" The provider refused the credential in {credential}; set a valid one." : "";
        return Fail(text, failure.Code, _redact($"The model gave no reply: {failure.Message.TrimEnd('.')}.{way}"));
    }

    private TurnCompleted FailContext(string text, ModelFailure failure) => Fail(text, failure.Code, _redact(
        failure.Code == ModelFailure.ContextLimit
            ? $"The conversation is too long for the model: {failure.Message}. Give a shorter prompt, or clear the conversation."
            : $"The conversation is too long for the model, and it could not be summarised: {failure.Message.TrimEnd('.')}. Try again, or clear the conversation."));

    private TurnCompleted FailBudget(string text) => Fail(text, "token_budget",
        $"The turn has used {_usage.Spent} tokens of its budget of {_turn.Options.TokenBudget} without a final answer. Prompt it again to go on, or raise the budget.");

    private TurnCompleted FailMaxTurns(string text) => Fail(text, "max_turns",
        $"The agent reached its limit of {(_turn.Options.MaxTurns == 1 ? "1 request" : $"{_turn.Options.MaxTurns} requests")} to the model without a final answer. Prompt it again to go on, or raise the limit.");

    private TurnCompleted Fail(string text, string code, string error) => new(Result(false, text) with { ErrorCode = code, Error = error });

    private TurnResult Result(bool success, string text) => new()
    {
        Success = success,
        Response = text,
        Turns = _requests,
        Duration = _time.GetElapsedTime(_started),
        InputTokens = _usage.InputTokens,
        OutputTokens = _usage.OutputTokens,
        CostUsd = _usage.CostUsd,
    };
}
