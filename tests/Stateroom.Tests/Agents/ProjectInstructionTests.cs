namespace Stateroom.Tests.Agents;

public sealed class ProjectInstructionTests
{
    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task What_the_project_says_joins_the_system_prompt_and_a_change_is_seen_in_the_next_turn()
    {
        await using var desk = await DeskAsync();
        await File.WriteAllTextAsync(desk.PathOf("CLAUDE.md"), "Use tabs.\n", Soon);
        Assert.Contains("<project_instructions file=\"CLAUDE.md\">\nUse tabs.\n</project_instructions>", await SystemOfNextAsync(desk), StringComparison.Ordinal);
        await File.WriteAllTextAsync(desk.PathOf("AGENTS.md"), "Use blanks.\n", Soon);
        desk.Options = new AgentOptions { SystemPrompt = "Answer in Welsh." };
        var system = await SystemOfNextAsync(desk);
        Assert.Contains("<project_instructions file=\"AGENTS.md\">\nUse blanks.\n</project_instructions>", system, StringComparison.Ordinal);
        Assert.DoesNotContain("Use tabs.", system, StringComparison.Ordinal);
        Assert.EndsWith("Answer in Welsh.", system, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_file_is_cut_between_characters_with_a_note()
    {
        await using var desk = await DeskAsync();
        await File.WriteAllTextAsync(desk.PathOf("AGENTS.md"), "a" + new string('é', 40_000), Soon);
        var system = await SystemOfNextAsync(desk);
        Assert.Contains(new string('é', 32_767) + "\n[cut here: only the first 65536 bytes of AGENTS.md are shown]", system, StringComparison.Ordinal);
        Assert.DoesNotContain("\uFFFD", system, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ln -s /etc/passwd AGENTS.md")]
    [InlineData("ln -s ../../../../../../../etc/passwd AGENTS.md")]
    [InlineData("ln -s nowhere AGENTS.md")]
    [InlineData("ln -s AGENTS.md AGENTS.md")]
    [InlineData("mkfifo AGENTS.md")]
    [InlineData("mkdir AGENTS.md")]
    [InlineData("echo secret > AGENTS.md; chmod 000 AGENTS.md")]
    [InlineData("echo > AGENTS.md")]
    public async Task What_is_no_file_of_the_workspace_is_left_out(string make)
    {
        await using var desk = await DeskAsync();
        Assert.True((await desk.Session.RunAsync(make, cancellationToken: Soon)).Success);
        Assert.DoesNotContain("project_instructions", await SystemOfNextAsync(desk), StringComparison.Ordinal);
        await File.WriteAllTextAsync(desk.PathOf("CLAUDE.md"), "Use tabs.\n", Soon);
        Assert.Contains("Use tabs.", await SystemOfNextAsync(desk), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_within_the_workspace_is_followed()
    {
        await using var desk = await DeskAsync();
        Assert.True((await desk.Session.RunAsync("mkdir docs; echo 'Use tabs.' > docs/rules.md; ln -s docs/rules.md AGENTS.md", cancellationToken: Soon)).Success);
        Assert.Contains("Use tabs.", await SystemOfNextAsync(desk), StringComparison.Ordinal);
    }

    private static Task<AgentDesk> DeskAsync() => AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "ok" } ] }""");

    private static async Task<string> SystemOfNextAsync(AgentDesk desk)
    {
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        return desk.Server.Requests[^1].Body.GetProperty("system")[0].GetProperty("text").GetString()!;
    }
}
