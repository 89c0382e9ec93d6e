using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Agents;

/// <summary><c>agent remove</c></summary>
internal static class AgentRemoveVerb
{
    public static Command Create() =>
        new Command("remove", "Remove the program of an agent. Sessions that use it stay, and work again when it is installed again.") { AgentInstallVerb.Name }
            .WithExamples("stateroom agent remove claude-code")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var name = AgentInstallVerb.NameOf(invocation);
        var removed = await new LocalAgents().RemoveAsync(name, invocation.Cancellation);
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(new AgentRemovedView(name, removed), CliJson.Default.AgentRemovedView));
        else invocation.Out.WriteLine(removed ? $"{name} is removed." : $"{name} was not installed.");
        return ExitCodes.Ok;
    }
}
