using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Stateroom.Tests.Agents;

public sealed class SessionToolTests
{
    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task Any_agent_of_functions_has_the_same_tools_as_ours()
    {
        await using var room = await TestRoom.StartAsync();
        await using var tools = room.Session.AsAITools();
        Assert.Equal(["bash", "view", "list", "search", "create", "edit", "insert"], tools.Select(t => t.Name));
        Assert.All(tools, t => Assert.Equal("object", t.JsonSchema.GetProperty("type").GetString()));
        Assert.All(tools, t => Assert.NotEmpty(t.Description));
        Assert.Equal([ToolKind.Execute, ToolKind.Read, ToolKind.Edit], new[] { "bash", "view", "edit" }.Select(SessionTools.KindOf));
        var options = new ChatOptions { Tools = [.. tools] };
        Assert.Equal(7, options.Tools.Count);

        Assert.Equal("Created f (4 bytes).", await InvokeAsync(tools, "create", ("path", "f"), ("content", "one\n")));
        // As a model's arguments come: JSON.
        Assert.Equal("     1\tone\n", await InvokeAsync(tools, "view", ("path", JsonSerializer.SerializeToElement("f")), ("start_line", JsonSerializer.SerializeToElement(1))));
    }

    [Fact]
    public async Task Calls_of_one_set_share_a_shell_and_those_of_another_do_not()
    {
        await using var room = await TestRoom.StartAsync();
        await using var tools = room.Session.AsAITools();
        await using var others = room.Session.AsAITools();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => InvokeAsync(tools, "bash", ("command", "N=$((N + 1)); cd /tmp"))));
        Assert.Equal("8 /tmp\n", await InvokeAsync(tools, "bash", ("command", "echo $N $PWD")));
        Assert.Equal("/workspace\n", await InvokeAsync(others, "bash", ("command", "echo $N$PWD")));
    }

    [Fact]
    public async Task What_fails_is_text_that_the_model_can_read()
    {
        await using var room = await TestRoom.StartAsync();
        await using var tools = room.Session.AsAITools();
        Assert.Equal("exit code: 2\nstderr:\nno\n", await InvokeAsync(tools, "bash", ("command", "echo no >&2; (exit 2)")));
        Assert.Equal("The argument 'path' is missing.", await InvokeAsync(tools, "view"));
        var result = await tools.CallAsync("edit", JsonSerializer.SerializeToElement(new { path = "none", old_text = "a", new_text = "b" }), Soon);
        Assert.True(result.IsError);
        Assert.Contains("Cannot read 'none'", result.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => tools.CallAsync("fly", JsonSerializer.SerializeToElement(new { }), Soon));
    }

    [Fact]
    public async Task Tools_of_a_session_that_is_closed_say_so_and_work_again_when_it_is_restored()
    {
        await using var room = await TestRoom.StartAsync();
        await using var tools = room.Session.AsAITools();
        Assert.Equal("1\n", await InvokeAsync(tools, "bash", ("command", "N=1; echo $N")));
        await room.Session.CloseAsync(Soon);
        Assert.Contains("closed", await InvokeAsync(tools, "bash", ("command", "echo $N")), StringComparison.Ordinal);
        await room.Session.RestoreAsync(Soon);
        Assert.Equal("none\n", await InvokeAsync(tools, "bash", ("command", "echo ${N-none}")));
    }

    private static async Task<string> InvokeAsync(SessionTools tools, string tool, params (string Name, object? Value)[] arguments) =>
        Assert.IsType<string>(await tools.Single(t => t.Name == tool).InvokeAsync(new AIFunctionArguments(arguments.ToDictionary(a => a.Name, a => a.Value)), Soon));
}
