using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Stateroom.Tests.Faults;

/// <summary>An agent that works in the room and writes its answer into the conversation, the same for the same prompt.</summary>
internal sealed class FaultAgent : IAgent
{
    public string Name => AgentOptions.BuiltIn;

    public void CheckConfiguration(AgentOptions options)
    {
    }

    public static string AnswerTo(string prompt) => $"did {prompt}";

    public async IAsyncEnumerable<TurnEvent> RunTurnAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var prompt = turn.Messages[^1].Content[0].GetProperty("text").GetString()!;
        var result = await turn.Sandbox.RunAsync($"printf made > {prompt}.made", null, cancellationToken);
        if (!result.Success) yield break;
        using var answer = JsonDocument.Parse($$"""[{"type":"text","text":"{{AnswerTo(prompt)}}"}]""");
        await turn.AppendMessageAsync("assistant", answer.RootElement, cancellationToken);
        yield return new TurnCompleted(new TurnResult { Success = true, Response = AnswerTo(prompt), Turns = 1 });
    }
}
