using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn.Tools;
using Stateroom.Agents.Conversations;

namespace Stateroom.Agents.BuiltIn;

/// <summary>The tool calls of one reply. Neighbours that only read run at the same time; all else waits for its turn. Results are in the order of the calls.</summary>
internal sealed class ToolRound(AgentTurn turn, RoomShells shells, IReadOnlyList<FunctionCallContent> calls)
{
    private readonly List<FunctionResultContent> _results = [];

    /// <summary>Set, no call is run, and this is what each is told.</summary>
    public string? Refusal { get; init; }

    /// <summary>Set when the room is gone, so that no tool can work any more.</summary>
    public StateroomException? Lost { get; private set; }

    /// <summary>A result for every call, also for those that were interrupted or never begun.</summary>
    public List<FunctionResultContent> Results() => [.. _results, .. calls.Skip(_results.Count).Select(c => Conversation.InterruptedResult(c.CallId))];

    public async IAsyncEnumerable<TurnEvent> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = 0; next < calls.Count && Lost is null;)
        {
            var together = calls.Skip(next).TakeWhile(IsRead).Take(MostTogether).ToList();
            if (together.Count == 0)
                together.Add(calls[next]);
            next += together.Count;
            foreach (var call in together)
                yield return new ToolCallStarted(call.CallId, call.Name, MessageBlocks.Input(call));
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = together.Select(c => RunAsync(c, ending.Token)).ToList();
            try
            {
                foreach (var (call, output) in together.Zip(running))
                    yield return Take(call, await output.ConfigureAwait(false));
            }
            finally
            {
                // A reader that left, or a call that failed, leaves no other call behind.
                await ending.CancelAsync().ConfigureAwait(false);
                await ((Task)Task.WhenAll(running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Each is a process of the room.
    private const int MostTogether = 16;

    private static bool IsRead(FunctionCallContent call) => RoomTools.Find(call.Name) is { Kind: ToolKind.Read };

    private ToolCallCompleted Take(FunctionCallContent call, ToolOutput output)
    {
        _results.Add(output.IsError ? Conversation.ToolError(call.CallId, output.Text) : new FunctionResultContent(call.CallId, output.Text));
        Lost ??= output.Lost;
        return new ToolCallCompleted(call.CallId, output.IsError, output.Text);
    }

    private async Task<ToolOutput> RunAsync(FunctionCallContent call, CancellationToken cancellationToken)
    {
        if (Refusal is not null)
            return ToolOutput.Error(Refusal);
        if (call.Exception is not null)
            return ToolOutput.Error("The arguments of this call are not valid JSON. Send the call again.");
        if (RoomTools.Find(call.Name) is not { } tool)
            return ToolOutput.Error($"There is no tool '{call.Name}'. The tools are: {string.Join(", ", RoomTools.Offered(turn.Options).Select(t => t.Name))}.");
        var input = MessageBlocks.Input(call);
        var decision = await turn.RequestPermissionAsync(new PermissionRequest(call.CallId, tool.Name, tool.Kind, input), cancellationToken).ConfigureAwait(false);
        return decision.IsAllowed
            ? await RoomTools.RunAsync(tool, new ToolContext(turn.Sandbox, shells, call.CallId), input, cancellationToken).ConfigureAwait(false)
            : ToolOutput.Error(decision.Message ?? $"The user did not allow this call of '{tool.Name}'.");
    }
}
