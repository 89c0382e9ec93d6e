using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Network;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session network ID</c></summary>
internal static class NetworkVerb
{
    public static Command Create() =>
        new Command("network", "Print the connections that a session's rooms asked for, oldest first, and what was decided.") { CommonOptions.Id }
            .WithExamples("stateroom session network web", "stateroom session network web --json | jq -r '.[] | select(.is_allowed | not) | .host' | sort -u")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        await using var stateroom = StateroomHost.Local();
        var decisions = new List<NetworkDecision>();
        var isEmpty = true;
        await foreach (var decision in stateroom.ReadNetworkDecisionsAsync(id, invocation.Cancellation))
        {
            isEmpty = false;
            if (invocation.Json) decisions.Add(decision);
            else invocation.Out.WriteLine($"{SessionPrinter.Time(decision.Timestamp)}  {Terminal.Printable(Refusals.Describe(decision))}");
        }
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. decisions], CliJson.Default.NetworkDecisionArray));
        else if (isEmpty) invocation.Out.WriteLine("No connections.");
        return ExitCodes.Ok;
    }
}
