using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Maintenance;

/// <summary>Shows what was found on this host.</summary>
internal static class FindingsPrinter
{
    public static FindingView[] Views(IEnumerable<HostFinding> findings) =>
        [.. findings.Select(f => new FindingView(f.Check, SessionView.Name(f.Level), f.Message, f.Remedy))];

    public static void Print(Invocation invocation, IReadOnlyList<FindingView> findings)
    {
        Table.Write(invocation.Out, [.. findings.Select(f => (string[])[f.Level, f.Check, f.Remedy is null ? f.Message : $"{f.Message} -> {f.Remedy}"])]);
    }
}
