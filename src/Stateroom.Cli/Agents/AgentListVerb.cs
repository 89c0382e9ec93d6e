using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Agents;

/// <summary><c>agent list</c></summary>
internal static class AgentListVerb
{
    public static Command Create() =>
        new Command("list", "List the agents: whether they are installed, and where their credential comes from; never the credential.")
            .WithExamples("stateroom agent list", "stateroom agent list --json | jq -r '.[] | select(.is_installed) | .name'")
            .Runs(RunAsync);

    private static Task<int> RunAsync(Invocation invocation)
    {
        var agents = new LocalAgents().List();
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. agents.Select(AgentView.Of)], CliJson.Default.AgentViewArray));
        else
        {
            Table.Write(invocation.Out, [["AGENT", "INSTALLED", "VERSION", "CREDENTIAL"], .. agents.Select(Row)]);
            foreach (var problem in agents.Select(a => a.Problem).OfType<string>().Distinct()) invocation.Out.WriteLine(problem);
        }
        return Task.FromResult(ExitCodes.Ok);
    }

    private static string[] Row(LocalAgent agent) =>
        [agent.Name, agent.IsInstalled ? "yes" : "no", agent.Version, agent.Problem is not null ? "cannot be used: see below" : agent.CredentialFrom ?? "none: see 'stateroom agent key --help'"];
}
