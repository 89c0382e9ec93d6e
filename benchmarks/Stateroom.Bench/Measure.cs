using System.Diagnostics;

namespace Stateroom.Bench;

/// <summary>Times things in turn, so that a slow moment of the machine meets all of them.</summary>
internal static class Measure
{
    private const int WarmUp = 20;

    /// <summary>Medians in milliseconds of each action, run alternately.</summary>
    public static async Task<double[]> MediansAsync(int rounds, params Func<Task>[] actions)
    {
        var times = actions.Select(_ => new List<double>(rounds)).ToArray();
        for (var round = -WarmUp; round < rounds; round++)
        {
            for (var i = 0; i < actions.Length; i++)
            {
                var start = Stopwatch.GetTimestamp();
                await actions[i]();
                if (round >= 0) times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
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
