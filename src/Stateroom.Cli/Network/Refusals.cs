using System.Globalization;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Network;

/// <summary>Tells at the end of a command which connections its room did not get, and how to allow those that were refused.</summary>
internal static class Refusals
{
    private const int MostShown = 10;

    public static async Task TellAsync(ISession session, DateTimeOffset since)
    {
        try
        {
            var refused = await session.ReadNetworkDecisionsAsync().Where(d => (!d.IsAllowed || d.Error is not null) && d.Timestamp >= since).ToListAsync();
            var different = refused.DistinctBy(d => (d.Host, d.Port, d.Reason, d.Error)).ToList();
            foreach (var one in different.Take(MostShown)) Diagnostics.Line($"{Terminal.Red("stateroom:")} {Terminal.Printable(Describe(one))} [{(one.IsAllowed ? "network_failed" : "network_refused")}]");
            if (different.Count > MostShown) Diagnostics.Line($"stateroom: {different.Count - MostShown} more: 'stateroom session network {session.Id}' lists them all.");
        }
        catch (Exception e) when (e is IOException or SessionNotFoundException)
        {
            // The command has its own end, which this must not change.
            Diagnostics.Error("network_log_unreadable", e.Message, json: false);
        }
    }

    /// <summary>One decision in one line.</summary>
    public static string Describe(NetworkDecision decision)
    {
        var where = decision.Host.Length == 0 ? "" : decision.Port == 0 ? decision.Host : string.Create(CultureInfo.InvariantCulture, $"{decision.Host}:{decision.Port}");
        var what = decision.Error is { } error ? $"{where} not reached: {error}" : decision.IsAllowed ? $"{where} allowed by {decision.Rule}" : $"{where} refused: {decision.Reason}";
        return decision.Host.Length == 0 ? decision.Reason ?? "" : what;
    }
}
