using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Maintenance;

/// <summary><c>doctor</c></summary>
internal static class DoctorVerb
{
    private static readonly Option<bool> Sweep = new("--sweep") { Description = "Remove what ended rooms and removed sessions left behind." };

    private static readonly Option<string?> Repair = new("--repair")
    {
        HelpName = "ID",
        Arity = ArgumentArity.ZeroOrOne,
        Description = "Rebuild the damaged or missing metadata of this session, or of every such one. Files are not touched.",
    };

    public static Command Create() =>
        new Command("doctor", "Check that this host can run rooms and agents, and look for damaged sessions.") { Sweep, Repair }
            .WithExamples("stateroom doctor", "stateroom doctor --repair web", "stateroom doctor --sweep --repair", "stateroom doctor --json | jq '.findings[]'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var repairs = invocation.IsGiven(Repair);
        var only = invocation.Get(Repair);
        if (only is not null) SessionId.Check(only);

        var maintenance = new LocalMaintenance();
        var done = new List<string>();
        if (invocation.Get(Sweep)) done.AddRange(await maintenance.SweepAsync(invocation.Cancellation));
        if (repairs)
        {
            var damages = only is not null ? [only]
                : (await DamagedAsync(invocation)).Select(s => s.Id).Concat(await maintenance.FindLeftoversAsync(invocation.Cancellation));
            foreach (var id in damages)
            {
                done.AddRange(await maintenance.RepairAsync(id, invocation.Cancellation));
            }
        }

        var leftovers = await maintenance.FindLeftoversAsync(invocation.Cancellation);
        var findings = FindingsPrinter.Views((await maintenance.CheckHostAsync(invocation.Cancellation)).Concat(new LocalAgents().Check()).Concat(leftovers.Select(Finding)));
        var damaged = await DamagedAsync(invocation);
        var ok = damaged.Count == 0 && findings.All(f => f.Level != "error");
        if (invocation.Json)
        {
            invocation.Out.WriteLine(CliJson.Indented(new DoctorView(ok, findings, damaged, done), CliJson.Default.DoctorView));
        }
        else
        {
            FindingsPrinter.Print(invocation, findings);
            foreach (var line in done) invocation.Out.WriteLine(line);
            foreach (var session in damaged) invocation.Out.WriteLine($"error  session '{session.Id}': {Terminal.Printable(session.Problem ?? "")}");
        }
        return ok ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static HostFinding Finding(string id) => new(
        "session", FindingLevel.Warning, $"'{id}' is no session any more: its session.json is gone, its history and its files are there.",
        $"'stateroom doctor --repair {id}' makes it one again; 'stateroom session start -n {id}' starts a new one with its files.");

    private static async Task<IReadOnlyList<SessionView>> DamagedAsync(Invocation invocation)
    {
        await using var stateroom = StateroomHost.Local();
        var damaged = new List<SessionView>();
        await foreach (var info in stateroom.ListAsync(null, invocation.Cancellation))
        {
            if (info.Problem is not null) damaged.Add(SessionView.Of(info));
        }
        return damaged;
    }
}
