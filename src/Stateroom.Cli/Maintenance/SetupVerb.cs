using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Maintenance;

/// <summary><c>setup</c>: the script of that name installs and builds first; what is left is to see that rooms work.</summary>
internal static class SetupVerb
{
    public static Command Create() =>
        new Command("setup", "Install what is missing (from a checkout: ./stateroom setup) and check that this host can run rooms.")
            .WithExamples("sudo ./stateroom setup", "stateroom setup --json | jq .")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var findings = FindingsPrinter.Views(await new LocalMaintenance().CheckHostAsync(invocation.Cancellation));
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(findings, CliJson.Default.FindingViewArray));
        else FindingsPrinter.Print(invocation, findings);
        return findings.Any(f => f.Level == "error") ? ExitCodes.Failed : ExitCodes.Ok;
    }
}
