using System.Collections.Concurrent;

namespace Stateroom.Sessions;

/// <summary>Lists sessions without taking a lock, several at a time.</summary>
internal static class SessionListing
{
    public static async Task<IReadOnlyList<SessionInfo>> ListAsync(LocalServices services, SessionQuery query, CancellationToken cancellationToken)
    {
        if (query.Limit is < 1) throw new ArgumentOutOfRangeException(nameof(query), query.Limit, "Limit must be 1 or more.");
        var ids = Directory.EnumerateDirectories(services.Layout.Sessions)
            .Select(path => Path.GetFileName(path))
            .Where(id => SessionId.IsValid(id) && (query.Contains is null || id.Contains(query.Contains, StringComparison.Ordinal)));
        var found = new ConcurrentBag<SessionInfo>();
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        await Task.Run(() => Parallel.ForEach(ids, parallel, id =>
        {
            if (Look(services, id) is { } info && Matches(info, query)) found.Add(info);
        }), cancellationToken).ConfigureAwait(false);
        var sorted = found.OrderByDescending(info => info.CreatedAt).ThenByDescending(info => info.Id, StringComparer.Ordinal);
        return [.. query.Limit is { } limit ? sorted.Take(limit) : sorted];
    }

    // Null if it is no session, or has just been removed.
    private static SessionInfo? Look(LocalServices services, string id)
    {
        try
        {
            return services.Report.Get(id);
        }
        catch (SessionNotFoundException)
        {
            return null;
        }
        catch (CorruptSessionException problem)
        {
            return services.Report.Describe(problem, id);
        }
        catch (IOException problem)
        {
            return services.Report.Describe(new CorruptSessionException(id, problem.Message, problem), id);
        }
    }

    private static bool Matches(SessionInfo info, SessionQuery query) =>
        (query.State is null || info.State == query.State) && (query.CreatedBefore is null || info.CreatedAt <= query.CreatedBefore);
}
