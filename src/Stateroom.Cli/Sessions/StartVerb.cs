using System.CommandLine;
using Stateroom.Cli.Coding;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Network;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session start</c>: prints the id alone, fit for <c>$(...)</c>; the rest goes to a terminal's standard error.</summary>
internal static class StartVerb
{
    private static readonly Option<string?> Name = new("--name", "-n")
    {
        HelpName = "ID",
        Description = $"The new session's id: {SessionId.Rules}. Without it one is generated, sortable by time.",
    };

    public static Command Create() =>
        new Command("start", "Create a session, start its room, and print its id.") { Name }
            .WithAgentOptions()
            .WithNetworkOptions()
            .WithExamples("stateroom session start -n web", "id=$(stateroom session start)", "stateroom session start -n web --allow pypi.org --allow files.pythonhosted.org", "stateroom session start -n web --json | jq -r .workspace_path")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = SessionId.Check(invocation.Get(Name) ?? SessionId.New());
        await using var stateroom = StateroomHost.Local();
        var agent = await AgentArguments.ForSessionAsync(invocation);
        AgentArguments.CheckTools(invocation, agent.Name);
        var options = new SessionOptions { Agent = agent, Sandbox = NetworkArguments.ForSession(invocation), Open = new OpenOptions { KeepRunning = true } };
        await using var session = await NetworkArguments.CreateAsync(() => stateroom.CreateAsync(id, options, invocation.Cancellation));
        var info = await session.GetInfoAsync(invocation.Cancellation);
        if (invocation.Json)
        {
            SessionPrinter.PrintJson(invocation, info);
            return ExitCodes.Ok;
        }
        invocation.Out.WriteLine(info.Id);
        if (Terminal.IsStderr) Diagnostics.Line(Terminal.Dim($"Workspace: {info.WorkspacePath}\nState: {SessionView.Name(info.State)}"));
        return ExitCodes.Ok;
    }
}
