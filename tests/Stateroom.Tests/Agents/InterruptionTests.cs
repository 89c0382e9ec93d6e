using System.Text.Json;

namespace Stateroom.Tests.Agents;

public sealed class InterruptionTests
{
    private const string Ok = """{ "prompt": "next", "replies": [ { "text": "on we go" } ] }""";

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task An_interrupt_stops_a_model_that_is_still_answering_and_keeps_what_it_said()
    {
        await using var desk = await AgentDesk.StartAsync($$"""{ "prompt": "hang", "replies": [ { "text": "Let me think", "hang": true } ] }, {{Ok}}""");
        using var interrupt = new CancellationTokenSource(Patience.Limit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var said = "";
            await foreach (var item in desk.StreamAsync("hang", cancellationToken: interrupt.Token))
                if ((said += ((TextDelta)item).Text) == "Let me think")
                    await interrupt.CancelAsync();
        });
        Assert.Equal(["user", "assistant"], desk.Messages.Select(m => m.Role));
        var (result, _) = await desk.PromptAsync("next", cancellationToken: Soon);
        Assert.Equal("on we go", result.Response);
    }

    [Fact]
    public async Task An_interrupt_in_a_tool_leaves_a_conversation_that_goes_on()
    {
        await using var desk = await AgentDesk.StartAsync($$"""
            { "prompt": "long", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "echo first" } }, { "name": "bash", "input": { "command": "sleep 100" } } ] } ] }, {{Ok}}
            """);
        using var interrupt = new CancellationTokenSource(Patience.Limit);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            var calls = 0;
            await foreach (var item in desk.StreamAsync("long", cancellationToken: interrupt.Token))
                if (item is ToolCallStarted && ++calls == 2)
                    interrupt.CancelAfter(50);
        });
        var results = desk.Messages[^1].Content;
        Assert.Equal("first\n", results[0].GetProperty("content").GetString());
        Assert.True(results[1].GetProperty("is_error").GetBoolean());
        var (result, _) = await desk.PromptAsync("next", cancellationToken: Soon);
        Assert.Equal("on we go", result.Response);
    }

    [Fact]
    public async Task A_reader_that_leaves_in_the_middle_leaves_a_conversation_that_goes_on()
    {
        await using var desk = await AgentDesk.StartAsync($$"""
            { "prompt": "long", "replies": [ { "text": "I will", "tools": [ { "name": "bash", "input": { "command": "true" } } ] } ] }, {{Ok}}
            """);
        await foreach (var item in desk.StreamAsync("long", cancellationToken: Soon))
            if (item is ToolCallStarted)
                break;
        var (result, _) = await desk.PromptAsync("next", cancellationToken: Soon);
        Assert.Equal("on we go", result.Response);
    }

    [Theory]
    [InlineData("""[["assistant", [{"type":"tool_use","id":"a","name":"bash","input":{}}]]]""")]
    [InlineData("""[["assistant", [{"type":"tool_use","id":"a","name":"bash","input":{}},{"type":"tool_use","id":"b","name":"bash","input":{}}]], ["tool", [{"type":"tool_result","tool_use_id":"b","content":"x","is_error":false}]]]""")]
    [InlineData("""[["assistant", [{"type":"text","text":"half"}]], ["tool", [{"type":"tool_result","tool_use_id":"zz","content":"x"}]]]""")]
    [InlineData("""[["assistant", [{"type":"text","text":"  "}]], ["system", [{"type":"text","text":"note"}]], ["assistant", []]]""")]
    public async Task A_conversation_that_a_killed_process_left_is_repaired(string left)
    {
        await using var desk = await AgentDesk.StartAsync(Ok);
        desk.Store("user", JsonSerializer.SerializeToElement(new[] { new { type = "text", text = "before" } }));
        using var messages = JsonDocument.Parse(left);
        foreach (var message in messages.RootElement.EnumerateArray())
            desk.Store(message[0].GetString()!, message[1].Clone());
        var (result, _) = await desk.PromptAsync("next", cancellationToken: Soon);
        Assert.True(result.Success, result.Error);
    }

    [Fact]
    public async Task Another_process_goes_on_with_the_conversation()
    {
        await using var desk = await AgentDesk.StartAsync($$$"""
            { "prompt": "begin", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "echo 42" } } ] }, { "text": "It is {{tool_result:1}}." } ] }, {{{Ok}}}
            """);
        await desk.PromptAsync("begin", desk.NewAgent(), Soon);
        await desk.PromptAsync("next", desk.NewAgent(), Soon);
        var sent = desk.Server.Requests[^1].Body.GetProperty("messages").EnumerateArray().Select(m => m.GetRawText()).ToList();
        Assert.Equal(5, sent.Count);
        Assert.Contains("echo 42", sent[1], StringComparison.Ordinal);
        Assert.Contains("It is 42.", sent[3], StringComparison.Ordinal);
    }
}
