using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Agents;

/// <summary><c>agent ...</c></summary>
internal static class AgentVerb
{
    public static Command Create() =>
        new Command("agent", "List the agents of this host, and give them their key.") { AgentListVerb.Create(), AgentKeyVerb.Create() }
            .WithExamples("stateroom agent list", "stateroom agent key");
}
