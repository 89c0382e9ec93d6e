namespace Stateroom.Tests.Agents.Conformance;

// What an agent may do.
public abstract partial class AgentConformance
{
    [Fact]
    public async Task In_mode_ask_the_user_decides_each_call()
    {
        await ModelAsync(Turn("go", Reply(null, Create("/workspace/f", "x")), Reply(null, Run("touch g")), Reply("done")));
        await using var session = await SessionAsync(configure: o => o with { PermissionMode = PermissionMode.Ask });
        var asked = new List<PermissionRequest>();
        var (result, events) = await PromptAsync(session, "go", new TurnOptions
        {
            OnPermission = (request, _) =>
            {
                asked.Add(request);
                return ValueTask.FromResult(request.Kind == ToolKind.Edit ? PermissionDecision.Allow : PermissionDecision.Deny("Not on a Sunday."));
            },
        });
        Assert.Equal("done", result.Response);
        Assert.Equal([NameOf(Create("", "")), NameOf(Run(""))], asked.Select(r => r.Tool));
        Assert.Equal([NameOf(Run(""))], result.PermissionsDenied);
        Assert.Equal((true, false), (File.Exists(PathOf(session, "f")), File.Exists(PathOf(session, "g"))));
        Assert.Equal([true, false], events.OfType<PermissionDecided>().Select(d => d.Decision.IsAllowed));
        Assert.Equal(asked.Select(r => r.CallId), events.OfType<PermissionRequested>().Select(r => r.Request.CallId));
        var denied = events.OfType<ToolCallCompleted>().Last();
        Assert.True(denied.IsError);
        Assert.Contains("Not on a Sunday.", denied.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupt_ends_the_wait_for_the_users_answer()
    {
        await ModelAsync(Next, Turn("go", Reply(null, Run("touch g")), Reply("done")));
        await using var session = await SessionAsync(configure: o => o with { PermissionMode = PermissionMode.Ask });
        using var interrupt = new CancellationTokenSource(Limit);
        var options = new TurnOptions
        {
            OnPermission = async (_, token) =>
            {
                await interrupt.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return PermissionDecision.Allow;
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => session.CodeAsync("go", options, interrupt.Token).WaitAsync(Limit));
        await GoesOnAsync(session);
        Assert.False(File.Exists(PathOf(session, "g")));
    }

    [Theory]
    [InlineData(PermissionMode.Ask, false)]
    [InlineData(PermissionMode.AcceptEdits, true)]
    public async Task Where_nobody_answers_what_needs_an_answer_is_denied(PermissionMode mode, bool mayEdit)
    {
        await ModelAsync(Turn("go", Reply(null, Create("/workspace/f", "x")), Reply(null, Run("touch g")), Reply("done")));
        await using var session = await SessionAsync();
        var (result, _) = await PromptAsync(session, "go", new TurnOptions { PermissionMode = mode });
        Assert.Equal("done", result.Response);
        Assert.Equal((mayEdit, false), (File.Exists(PathOf(session, "f")), File.Exists(PathOf(session, "g"))));
        Assert.Equal(mayEdit ? 1 : 2, result.PermissionsDenied.Count);
    }

    [Fact]
    public async Task In_mode_plan_nothing_changes_whatever_the_model_tries()
    {
        await ModelAsync(Turn("go", Reply(null, View("/workspace/f")),
            Reply(null, Astray(Create("/workspace/g", "x"))), Reply(null, Astray(Edit("/workspace/f", "one", "two"))), Reply(null, Astray(Run("rm f; touch h"))),
            Reply("This is the plan. {{tool_result:1}}")));
        await using var session = await SessionAsync();
        await File.WriteAllTextAsync(PathOf(session, "f"), "one\n", Soon);
        var (result, events) = await PromptAsync(session, "go", new TurnOptions
        {
            PermissionMode = PermissionMode.Plan,
            OnPermission = (_, _) => ValueTask.FromResult(PermissionDecision.Allow),
        });
        Assert.Contains("one", result.Response, StringComparison.Ordinal);
        Assert.Empty(events.OfType<PermissionRequested>());
        Assert.Empty(result.FilesCreated);
        Assert.Empty(result.FilesChanged);
        Assert.Equal("one\n", await File.ReadAllTextAsync(PathOf(session, "f"), Soon));
        Assert.Equal(["f"], Directory.GetFileSystemEntries(PathOf(session, "")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tools_that_the_session_does_not_have_are_neither_offered_nor_run(bool byAllowing)
    {
        await ModelAsync(Turn("go", Reply(null, View("/workspace/f")), Reply(null, Astray(Run("touch g"))), Reply("{{tool_result:1}}")));
        await using var session = await SessionAsync(configure: o => byAllowing ? o with { AllowedTools = [NameOf(View(""))] } : o with { DisallowedTools = [NameOf(Run(""))] });
        await File.WriteAllTextAsync(PathOf(session, "f"), "one\n", Soon);
        var (result, events) = await PromptAsync(session, "go");
        Assert.Contains("one", result.Response, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf(session, "g")));
        Assert.True(events.OfType<ToolCallCompleted>().Last().IsError);
        Assert.DoesNotContain(NameOf(Run("")), Model.Requests[0].Body.GetProperty("tools").EnumerateArray().Select(t => t.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_name_that_is_no_tool_is_refused_before_any_work()
    {
        await ModelAsync(Next);
        await using var session = await SessionAsync();
        var error = await Assert.ThrowsAsync<AgentConfigurationException>(() => session.CodeAsync("next", new TurnOptions { DisallowedTools = ["NoSuchTool"] }));
        Assert.Contains("NoSuchTool", error.Message, StringComparison.Ordinal);
        Assert.Contains(NameOf(Run("")), error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await session.CountMessagesAsync());
        await GoesOnAsync(session);
    }
}
