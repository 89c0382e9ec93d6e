using Stateroom.Agents.BuiltIn;
using Stateroom.Agents.ClaudeCode;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Agents.Credentials;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Sessions;

/// <summary>What a host uses where its options say nothing.</summary>
internal static class LocalDefaults
{
    public static IReadOnlyDictionary<string, ISandboxRuntime> Runtimes(StateroomLocalOptions options, string home) =>
        (options.Runtimes ?? [new BubblewrapRuntime(home, options.TimeProvider)]).ToDictionary(runtime => runtime.Name, StringComparer.Ordinal);

    public static ModelCredentialSource Credentials(StateroomLocalOptions options, HomeLayout layout) => new() { Callback = options.Credential, File = layout.Credentials };

    public static IReadOnlyDictionary<string, IAgent> Agents(StateroomLocalOptions options, ModelCredentialSource credentials, HomeLayout layout) =>
        options.Agents ?? new Dictionary<string, IAgent>(StringComparer.Ordinal)
        {
            [AgentOptions.BuiltIn] = new BuiltInAgent(new BuiltInAgentOptions { Credentials = credentials }),
            [AgentOptions.ClaudeCode] = new ClaudeCodeAgent(
                new ClaudeCodeAgentOptions { Credentials = credentials, IsInstalled = () => ClaudeCodeProgram.IsInstalled(layout) }, options.TimeProvider),
        };
}
