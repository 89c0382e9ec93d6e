using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>One prompt, and what the CLI makes of it until it tells the result.</summary>
internal sealed class ClaudeTurn(ClaudeProcess process, AgentTurn turn, IModelAccess access, ClaudeCodeAgentOptions options, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private readonly ClaudeReply _reply = new(turn);

    // The prompt's own id: what the CLI says before it takes that up belongs to no prompt of ours.
    private readonly string _id = Guid.NewGuid().ToString();
    private bool _isTakenUp;

    // A key that was refused is refused again: nobody need wait for the CLI's further tries.
    private bool IsKeyRefused => access.Failure is { Status: 401 or 403 };

    /// <summary>Sends the prompt and tells what happens. The last event is the end of the turn.</summary>
    public async IAsyncEnumerable<TurnEvent> RunAsync(string prompt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        JsonElement? result = null;
        var isRefused = false;
        Exception? failure;
        var permissions = new ClaudePermissions(process, turn);
        await using (permissions.ConfigureAwait(false))
        {
            try
            {
                await process.SendAsync(UserMessage(prompt), cancellationToken).ConfigureAwait(false);
                while (result is null && !isRefused && await process.ReadAsync(cancellationToken).ConfigureAwait(false) is { } line)
                {
                    var type = line.Text("type");
                    _isTakenUp |= type == "command_lifecycle" && line.Text("state") == "started" && line.Text("command_uuid") == _id;
                    if (!_isTakenUp && type != "control_request") continue;
                    isRefused = type == "system" && line.Text("subtype") == "api_retry" && IsKeyRefused;
                    if (isRefused) break;
                    switch (type)
                    {
                        case "result": result = line; break;
                        case "control_request": permissions.Take(line, cancellationToken); break;
                        case "control_cancel_request": permissions.Withdraw(line); break;
                        // What a subagent says is told by its tool call's result.
                        default:
                            if (line.Text("parent_tool_use_id") is not null) break;
                            foreach (var item in await _reply.TakeAsync(line).ConfigureAwait(false)) yield return item;
                            break;
                    }
                }
            }
            finally
            {
                await _reply.StoreAsync().ConfigureAwait(false);
                if (result is null && !process.HasEnded) await InterruptAsync().ConfigureAwait(false);
            }
            failure = permissions.Failure;
        }
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        yield return new TurnCompleted(
            result is { } told ? Outcome(told) : isRefused ? Refused(default) : await EndedAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Stops the work under way, so that the process takes the next prompt; one that does not stop is ended.</summary>
    private async Task InterruptAsync()
    {
        using var limit = new CancellationTokenSource(options.AnswerTimeout, time);
        try
        {
            await process.RequestAsync("interrupt", null, limit.Token).ConfigureAwait(false);
            while (await process.ReadAsync(limit.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Text("type") == "result") return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidDataException)
        {
            await process.DisposeAsync().ConfigureAwait(false);
        }
    }

    // A failed request comes as "success" with is_error: what counts is the flag.
    private TurnResult Outcome(JsonElement line)
    {
        var said = line.Text("result") ?? "";
        if (!line.Flag("is_error") && line.Text("subtype") == "success")
        {
            return string.IsNullOrWhiteSpace(said)
                ? Fail(line, "no_result", "The agent ended the turn without an answer.")
                : Result(line) with { Success = true, Response = said };
        }
        if (access.IsOverBudget)
            return Fail(line, "token_budget", $"The turn used up its budget of {turn.Options.TokenBudget} tokens. Prompt again to go on, or raise the budget.");
        if (line.Text("subtype") == "error_max_turns")
            return Fail(line, "max_turns", $"The agent reached its limit of {turn.Options.MaxTurns} requests to the model without a final answer. Prompt it again to go on, or raise the limit.");
        var errors = line.Member("errors") is { ValueKind: JsonValueKind.Array } list ? string.Join("; ", list.EnumerateArray().Select(e => e.ToString())) : "";
        if (line.Text("terminal_reason") == "api_error")
        {
            // What the provider said is known here better than by the text that the room makes of it.
            return IsKeyRefused ? Refused(line) : Fail(line, "model_error", $"The model gave no reply: {access.Failure?.Message ?? (said.Length > 0 ? said : errors)}");
        }
        var why = errors.Length > 0 ? errors : said.Length > 0 ? said : line.Text("subtype");
        return Fail(line, "agent_error", $"The Claude Code command line failed: {why}");
    }

    private async Task<TurnResult> EndedAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.AnswerTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var end = await process.WaitAsync(both.Token).ConfigureAwait(false);
        if (end.Outcome == ExecOutcome.Lost || turn.Sandbox.Ended.IsCompleted) throw new SandboxLostException(turn.Sandbox.Id, "it ended in the middle of the turn");
        var how = end.Outcome == ExecOutcome.Exited ? $"exit code {end.ExitCode}" : end.Outcome == ExecOutcome.Signaled ? $"signal {end.Signal}" : end.Outcome.ToString();
        return Fail(default, "agent_ended", $"The Claude Code command line ended in the middle of the turn ({how}). {process.Errors}".TrimEnd());
    }

    private TurnResult Refused(JsonElement line) => Fail(
        line, "authentication_error", $"The model gave no reply: {access.Failure!.Message}. The provider refuses the credential in {Path.GetFileName(access.Failure.CredentialFrom)}.");

    private TurnResult Fail(JsonElement line, string code, string error) => Result(line) with { Success = false, Response = _reply.Text, ErrorCode = code, Error = error };

    private TurnResult Result(JsonElement line) => new()
    {
        Success = false,
        Turns = _reply.Requests,
        Duration = time.GetElapsedTime(_started),
        InputTokens = access.InputTokens,
        OutputTokens = access.OutputTokens,
        CostUsd = Cost(line),
    };

    // The total counts on over turns and resumed conversations; this member is the turn's own.
    private static decimal? Cost(JsonElement line)
    {
        if (line.Member("model_usage_since_last_result") is not { ValueKind: JsonValueKind.Object } models) return null;
        var cost = 0m;
        foreach (var model in models.EnumerateObject())
        {
            if (model.Value.Member("costUSD") is { ValueKind: JsonValueKind.Number } part && part.TryGetDecimal(out var dollars)) cost += dollars;
        }
        return cost;
    }

    // A prompt is text for the model. One that begins with a slash the CLI would take for a command of its own, such as to forget the conversation.
    private JsonObject UserMessage(string prompt) => new()
    {
        ["type"] = "user",
        ["uuid"] = _id,
        ["message"] = new JsonObject { ["role"] = "user", ["content"] = prompt.StartsWith('/') ? "\n" + prompt : prompt },
    };
}
