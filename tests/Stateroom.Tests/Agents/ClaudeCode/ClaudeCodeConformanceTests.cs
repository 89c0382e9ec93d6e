using Stateroom.Tests.Agents.Conformance;

namespace Stateroom.Tests.Agents.ClaudeCode;

[Trait("Runs", "once")]
public sealed class ClaudeCodeConformanceTests : AgentConformance
{
    protected override string AgentName => AgentOptions.ClaudeCode;

    protected override string KeyHint => "the credential in ApiKey";

    protected override string Run(string line) => Call("Bash", new { command = line, description = "as the script says" });

    protected override string Create(string path, string content) => Call("Write", new { file_path = path, content });

    protected override string View(string path) => Call("Read", new { file_path = path });

    protected override string Edit(string path, string oldText, string newText) => Call("Edit", new { file_path = path, old_string = oldText, new_string = newText });

    protected override Task PrepareAsync(string home) => ClaudeProgram.LinkAsync(home);
}
