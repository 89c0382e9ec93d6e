using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>Answers the CLI's requests of one turn: whether a tool may be called. The user may take his time, so that the stream goes on meanwhile.</summary>
internal sealed class ClaudePermissions(ClaudeProcess process, AgentTurn turn) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _answers = [];
    private Exception? _failure;

    /// <summary>What the user's callback has thrown; null if nothing.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Takes a request and answers it when the answer is there.</summary>
    public void Take(JsonElement line, CancellationToken cancellationToken)
    {
        if (line.Text("request_id") is not { } id) return;
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _open[id] = stop;
        _answers.Add(AnswerAsync(id, line.Member("request"), stop));
    }

    /// <summary>The CLI wants no answer any more.</summary>
    public void Withdraw(JsonElement line)
    {
        if (line.Text("request_id") is { } id && _open.TryGetValue(id, out var stop)) stop.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var stop in _open.Values) await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_answers).ConfigureAwait(false);
    }

    private async Task AnswerAsync(string id, JsonElement request, CancellationTokenSource stop)
    {
        // Not on the thread that reads the stream: a callback may take its time before its first await.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var answer = request.Text("subtype") == "can_use_tool"
                ? await DecideAsync(request, stop.Token).ConfigureAwait(false)
                : null;
            var response = answer is null
                ? new JsonObject { ["subtype"] = "error", ["request_id"] = id, ["error"] = $"The host does not answer '{request.Text("subtype")}'." }
                : new JsonObject { ["subtype"] = "success", ["request_id"] = id, ["response"] = answer };
            await process.SendAsync(new JsonObject { ["type"] = "control_response", ["response"] = response }, CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
        finally
        {
            _open.TryRemove(id, out _);
            stop.Dispose();
        }
    }

    private async Task<JsonObject> DecideAsync(JsonElement request, CancellationToken cancellationToken)
    {
        var tool = request.Text("tool_name") ?? "";
        var input = request.Member("input");
        // Any program in the room can write such a line into the CLI's output.
        if (input.ValueKind != JsonValueKind.Object) return new JsonObject { ["behavior"] = "deny", ["message"] = "The request has no input." };
        PermissionDecision decision;
        try
        {
            var asked = new PermissionRequest(request.Text("tool_use_id") ?? "", tool, ClaudeTools.KindOf(tool), input);
            decision = await turn.RequestPermissionAsync(asked, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The turn fails with it; until then the tool is not called.
            Volatile.Write(ref _failure, e);
            decision = PermissionDecision.Deny("The request for permission failed.");
        }
        return decision.IsAllowed
            ? new JsonObject { ["behavior"] = "allow", ["updatedInput"] = JsonObject.Create(input) }
            : new JsonObject { ["behavior"] = "deny", ["message"] = decision.Message ?? "The user did not allow this." };
    }
}
