using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Stateroom.Testing;

/// <summary>What a scenario must be beyond its JSON form, so that a mistake shows at the start and not in the middle of a test.</summary>
internal static class ScenarioRules
{
    public static void Check([NotNull] Scenario? scenario)
    {
        if (scenario is null || scenario.Turns.Count == 0)
            throw new FormatException("A scenario needs at least one turn.");
        for (var t = 0; t < scenario.Turns.Count; t++)
        {
            var turn = scenario.Turns[t];
            if (turn.Replies.Count == 0)
                throw new FormatException($"turns[{t}] has no replies.");
            for (var r = 0; r < turn.Replies.Count; r++)
                CheckReply($"turns[{t}].replies[{r}]", turn.Replies[r]);
        }
    }

    private static void CheckReply(string where, ScenarioReply reply)
    {
        if (reply.DelayMs < 0)
            throw new FormatException($"{where}.delay_ms is {reply.DelayMs}; it must not be negative.");
        if (reply.PaceMs < 0)
            throw new FormatException($"{where}.pace_ms is {reply.PaceMs}; it must not be negative.");
        if (reply.Repeat < 1)
            throw new FormatException($"{where}.repeat is {reply.Repeat}; it must be at least 1.");
        if (reply.Break?.Times is < 1)
            throw new FormatException($"{where}.break.times is {reply.Break.Times}; it must be at least 1.");
        if (reply.Error is { } error)
        {
            if (error.Status is < 400 or > 599)
                throw new FormatException($"{where}.error.status is {error.Status}; it must be from 400 to 599.");
            if (error.Times is < 1)
                throw new FormatException($"{where}.error.times is {error.Times}; it must be at least 1.");
        }

        foreach (var tool in reply.Tools)
            if (tool.Input.ValueKind != JsonValueKind.Object)
                throw new FormatException($"{where}: the input of tool '{tool.Name}' is not an object.");
    }
}
