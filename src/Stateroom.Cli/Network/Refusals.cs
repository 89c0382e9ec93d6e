using System.Globalization;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Network;

/// <summary>Tells at the end of a command which connections its room was refused, and how to allow them.</summary>
internal static class Refusals
{
    private const int MostShown = 10;

    public static async Task TellAsync(ISession session, DateTimeOffset since)
    {
        try
        {
            var refused = await session.ReadNetworkDecisionsAsync().Where(d => !d.IsAllowed && d.Timestamp >= since).ToListAsync();
            var different = refused.DistinctBy(d => (d.Host, d.Port, d.Reason)).ToList();
            foreach (var one in different.Take(MostShown)) Diagnostics.Line($"{Terminal.Red("stateroom:")} {Terminal.Printable(Describe(one))} [network_refused]");
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
        var what = decision.IsAllowed ? $"{where} allowed by {decision.Rule}" : $"{where} refused: {decision.Reason}";
        return decision.Host.Length == 0 ? decision.Reason ?? "" : what;
    }
}
