using Stateroom.Agents.BuiltIn;
using Stateroom.Agents.ClaudeCode;

namespace Stateroom.Tests.Agents.Conformance;

/// <summary>The agents that the suite knows, made in the same way in the tests' process and in the processes that it starts.</summary>
internal static class ConformanceAgents
{
    public const string Key = "sk-conformance-0123456789";

    public static IAgent Make(string name, Uri model) => name switch
    {
        AgentOptions.BuiltIn => new BuiltInAgent(new BuiltInAgentOptions { ApiKey = Key, BaseAddress = model, Time = new TestTime() }),
        AgentOptions.ClaudeCode => new ClaudeCodeAgent(new ClaudeCodeAgentOptions { ApiKey = Key, BaseAddress = model, MaxRetries = 2 }),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No agent of that name takes part in the suite."),
    };

    public static StateroomLocalOptions Options(string agent, Uri model, string home) => new()
    {
        HomeDirectory = home,
        Agents = new Dictionary<string, IAgent>(StringComparer.Ordinal) { [agent] = Make(agent, model) },
    };
}
