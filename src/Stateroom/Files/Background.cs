using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Stateroom.Files;

/// <summary>Walks a sequence whose steps are system calls off the caller's thread, several steps at a time.</summary>
internal static class Background
{
    private const int MostAtOnce = 256;

    // A reader that waits gets what there is.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(20);

    public static async IAsyncEnumerable<T> EnumerateAsync<T>(
        Func<CancellationToken, IEnumerable<T>> sequence, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var steps = sequence(cancellationToken).GetEnumerator();
        while (true)
        {
            var (found, failure, ended) = await Task.Run(() => Collect(steps), cancellationToken).ConfigureAwait(false);
            foreach (var item in found) yield return item;
            failure?.Throw();
            if (ended) yield break;
        }
    }

    private static (List<T> Found, ExceptionDispatchInfo? Failure, bool Ended) Collect<T>(IEnumerator<T> steps)
    {
        var found = new List<T>();
        var since = Stopwatch.GetTimestamp();
        try
        {
            while (found.Count < MostAtOnce && Stopwatch.GetElapsedTime(since) < Longest)
            {
                if (!steps.MoveNext()) return (found, null, true);
                found.Add(steps.Current);
            }
            return (found, null, false);
        }
        catch (Exception failure)
        {
            // Told after what was found before it.
            return (found, ExceptionDispatchInfo.Capture(failure), true);
        }
    }
}
