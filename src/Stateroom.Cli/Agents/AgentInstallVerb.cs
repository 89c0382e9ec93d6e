using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Agents;

/// <summary><c>agent install</c></summary>
internal static class AgentInstallVerb
{
    public static readonly Argument<string> Name = new("AGENT") { Description = "The agent's name, such as claude-code." };

    private static readonly Option<string?> From = new("--from")
    {
        HelpName = "FILE.tgz",
        Description = "Take the npm package's archive from this file: what 'npm pack @anthropic-ai/claude-code-linux-x64@2.1.329' (or -arm64) fetches elsewhere. The default fetches it from the npm registry (NPM_CONFIG_REGISTRY, else ~/.npmrc, else the public one).",
    };

    /// <summary>The agent's name, checked.</summary>
    public static string NameOf(Invocation invocation)
    {
        var name = invocation.Get(Name);
        return name is AgentOptions.ClaudeCode or AgentOptions.BuiltIn ? name : throw new UsageException($"There is no agent '{name}' to install or remove. Choose: {AgentOptions.ClaudeCode}.");
    }

    public static Command Create() =>
        new Command("install", "Install the program of an agent for all rooms: one version, verified by its checksum.") { Name, From }
            .WithExamples("stateroom agent install claude-code", "stateroom agent install claude-code --from claude-code-linux-x64-2.1.329.tgz")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var name = NameOf(invocation);
        var progress = new InstallProgress(Terminal.IsStderr && !invocation.Json ? Console.Error : null, TimeProvider.System);
        LocalAgent agent;
        try
        {
            agent = await new LocalAgents().InstallAsync(name, invocation.Get(From), progress, invocation.Cancellation);
        }
        finally
        {
            progress.End();
        }
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(AgentView.Of(agent), CliJson.Default.AgentView));
        else invocation.Out.WriteLine($"{agent.Name} {agent.Version} is installed.");
        return ExitCodes.Ok;
    }
}
