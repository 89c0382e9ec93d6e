using System.Diagnostics;

namespace Stateroom.Bench;

/// <summary>Times things in turn, so that a slow moment of the machine meets all of them.</summary>
internal static class Measure
{
    // At most: what takes seconds is warm sooner.
    private const int WarmUp = 20;

    /// <summary>Medians in milliseconds of each action, run alternately.</summary>
    public static Task<double[]> MediansAsync(int rounds, params Func<Task>[] actions) => MediansAsync(rounds, TimeSpan.Zero, [.. actions.Select(a => new Timed(a))]);

    /// <summary>As above, with an untimed part behind some of them.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="settle">A pause behind each, in which the kernel takes down what the last one left, such as its network namespace.</param>
    /// <param name="actions">What to time.</param>
    public static async Task<double[]> MediansAsync(int rounds, TimeSpan settle, params Timed[] actions)
    {
        var times = actions.Select(_ => new List<double>(rounds)).ToArray();
        for (var round = -Math.Min(WarmUp, rounds); round < rounds; round++)
        {
            for (var i = 0; i < actions.Length; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await actions[i].Action();
                if (round >= 0) times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if (actions[i].Then is { } then) await then();
                if (settle > TimeSpan.Zero) await Task.Delay(settle);
            }
        }
        return [.. times.Select(Median)];
    }

    public static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}

/// <summary>What is timed, and what follows untimed.</summary>
internal sealed record Timed(Func<Task> Action, Func<Task>? Then = null);
