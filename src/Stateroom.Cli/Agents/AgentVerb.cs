using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Agents;

/// <summary><c>agent ...</c></summary>
internal static class AgentVerb
{
    public static Command Create() =>
        new Command("agent", "List the agents of this host, install them, and give them their key.")
        {
            AgentListVerb.Create(),
            AgentInstallVerb.Create(),
            AgentRemoveVerb.Create(),
            AgentKeyVerb.Create(),
        }
            .WithExamples("stateroom agent list", "stateroom agent install claude-code", "stateroom agent key");
}
