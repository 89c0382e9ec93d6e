namespace Stateroom.Tests.Agents.Conformance;

public sealed class BuiltInConformanceTests : AgentConformance
{
    protected override string AgentName => AgentOptions.BuiltIn;

    protected override string KeyHint => "the credential in ApiKey";

    protected override string Run(string line) => Call("bash", new { command = line });

    protected override string Create(string path, string content) => Call("create", new { path, content });

    protected override string View(string path) => Call("view", new { path });

    protected override string Edit(string path, string oldText, string newText) => Call("edit", new { path, old_text = oldText, new_text = newText });
}
