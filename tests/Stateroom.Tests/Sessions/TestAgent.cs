using System.Runtime.CompilerServices;

namespace Stateroom.Tests.Sessions;

/// <summary>An agent that does what a test tells it.</summary>
internal sealed class TestAgent : IAgent
{
    public Func<AgentTurn, CancellationToken, IAsyncEnumerable<TurnEvent>> Turn { get; set; } = (turn, _) => AnswerAsync("done");

    public Action<AgentOptions>? Check { get; set; }

    public string Name => AgentOptions.BuiltIn;

    public void CheckConfiguration(AgentOptions options) => Check?.Invoke(options);

    public IAsyncEnumerable<TurnEvent> RunTurnAsync(AgentTurn turn, CancellationToken cancellationToken = default) => Turn(turn, cancellationToken);

    public static string Prompt(AgentTurn turn) => turn.Messages[^1].Content[0].GetProperty("text").GetString()!;

    public static async IAsyncEnumerable<TurnEvent> AnswerAsync(string text)
    {
        await Task.CompletedTask;
        yield return new TextDelta(text);
        yield return new TurnCompleted(new TurnResult { Success = true, Response = text, Turns = 1 });
    }

    /// <summary>Says that it has begun, then waits for its end, or for ever.</summary>
    public static async IAsyncEnumerable<TurnEvent> HoldAsync(
        TaskCompletionSource begun, Task? until = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new TextDelta("working");
        begun.TrySetResult();
        await (until ?? new TaskCompletionSource().Task).WaitAsync(cancellationToken);
        yield return new TurnCompleted(new TurnResult { Success = true, Response = "held" });
    }
}
