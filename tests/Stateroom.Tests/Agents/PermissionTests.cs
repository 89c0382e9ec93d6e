using System.Text.Json;

namespace Stateroom.Tests.Agents;

public sealed class PermissionTests
{
    private const string Works = """
        { "prompt": "", "replies": [ { "tools": [ { "name": "view", "input": { "path": "." } }, { "name": "create", "input": { "path": "f", "content": "x" } }, { "name": "bash", "input": { "command": "touch g" } } ] }, { "text": "done" } ] }
        """;

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Theory]
    [InlineData(PermissionMode.Bypass, false, false)]
    [InlineData(PermissionMode.AcceptEdits, false, true)]
    [InlineData(PermissionMode.Ask, true, true)]
    public async Task What_the_mode_does_not_allow_is_told_to_the_model_and_not_done(PermissionMode mode, bool editDenied, bool bashDenied)
    {
        await using var desk = await AgentDesk.StartAsync(Works);
        desk.Options = new AgentOptions { PermissionMode = mode };
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("done", result.Response);
        Assert.Equal([false, editDenied, bashDenied], events.OfType<ToolCallCompleted>().Select(c => c.IsError));
        Assert.Equal((!editDenied, !bashDenied), (File.Exists(desk.PathOf("f")), File.Exists(desk.PathOf("g"))));
    }

    [Fact]
    public async Task A_users_no_is_the_tools_result_with_the_users_words()
    {
        await using var desk = await AgentDesk.StartAsync(Works);
        desk.Options = new AgentOptions { PermissionMode = PermissionMode.Ask };
        var asked = new List<PermissionRequest>();
        desk.OnPermission = (request, _) =>
        {
            asked.Add(request);
            return ValueTask.FromResult(request.Kind == ToolKind.Edit ? PermissionDecision.Allow : PermissionDecision.Deny("Not on a Sunday."));
        };
        var (_, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal(["create", "bash"], asked.Select(r => r.Tool));
        Assert.Equal("touch g", asked[1].Input.GetProperty("command").GetString());
        Assert.Equal("Not on a Sunday.", events.OfType<ToolCallCompleted>().Last().Output);
        Assert.Equal(events.OfType<ToolCallStarted>().Last().CallId, asked[1].CallId);
        Assert.True(File.Exists(desk.PathOf("f")));
        Assert.False(File.Exists(desk.PathOf("g")));
    }

    [Fact]
    public async Task In_plan_mode_the_model_has_tools_that_look_and_is_told_so()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "I would..." } ] }""");
        desk.Options = new AgentOptions { PermissionMode = PermissionMode.Plan };
        await desk.PromptAsync("go", cancellationToken: Soon);
        var body = desk.Server.Requests[0].Body;
        Assert.Equal(["view", "list", "search"], body.GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("name").GetString()));
        Assert.Contains("plan mode", body.GetProperty("system")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_that_the_session_does_not_have_are_not_offered()
    {
        await using var desk = await AgentDesk.StartAsync("""{ "prompt": "", "replies": [ { "text": "ok" } ] }""");
        desk.Options = new AgentOptions { AllowedTools = ["view", "bash"], DisallowedTools = ["bash"] };
        await desk.PromptAsync("go", cancellationToken: Soon);
        desk.Options = new AgentOptions { AllowedTools = [] };
        var (result, _) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
        Assert.Equal("view", Assert.Single(desk.Server.Requests[0].Body.GetProperty("tools").EnumerateArray()).GetProperty("name").GetString());
        Assert.DoesNotContain("bash", desk.Server.Requests[0].Body.GetProperty("system")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.False(desk.Server.Requests[1].Body.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0);
    }

    [Theory]
    [InlineData("Bash")]
    [InlineData("fly")]
    public async Task A_name_that_is_no_tool_is_a_configuration_error_that_names_the_tools(string name)
    {
        await using var desk = await AgentDesk.StartAsync(Works);
        foreach (var options in (AgentOptions[])[new() { AllowedTools = [name] }, new() { DisallowedTools = [name] }])
        {
            var error = Assert.Throws<AgentConfigurationException>(() => desk.NewAgent().CheckConfiguration(options));
            Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
            Assert.Contains("bash, view, list, search, create, edit, insert", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Servers_of_tools_that_this_agent_cannot_use_are_refused()
    {
        await using var desk = await AgentDesk.StartAsync(Works);
        var error = Assert.Throws<AgentConfigurationException>(() => desk.NewAgent().CheckConfiguration(new AgentOptions { McpConfiguration = "{}" }));
        Assert.Contains("McpConfiguration", error.Message, StringComparison.Ordinal);
    }
}
