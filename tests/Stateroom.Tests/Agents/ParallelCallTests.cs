namespace Stateroom.Tests.Agents;

public sealed class ParallelCallTests
{
    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task Calls_that_read_run_at_the_same_time()
    {
        // The second pipe is opened for writing first, which waits for its reader: one after the other, the calls would wait for ever.
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "", "replies": [
              { "tools": [ { "name": "search", "input": { "pattern": "x", "path": "a" } }, { "name": "search", "input": { "pattern": "y", "path": "b" } }, { "name": "list", "input": { "path": "." } } ] },
              { "text": "{{tool_result:1}} {{tool_result:2}}" } ] }
            """);
        await desk.Session.RunAsync("mkfifo a b", cancellationToken: Soon);
        var feeding = desk.Session.RunAsync("exec 3> b; exec 4> a; echo x >&4; echo y >&3", cancellationToken: Soon);
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        await feeding;
        Assert.Equal("a:1:x b:1:y", result.Response);
        Assert.Equal(["ToolCallStarted", "ToolCallStarted", "ToolCallStarted", "ToolCallCompleted", "ToolCallCompleted", "ToolCallCompleted"],
            events.Where(e => e is ToolCallStarted or ToolCallCompleted).Select(e => e.GetType().Name));
    }

    [Fact]
    public async Task A_call_that_reads_after_one_that_writes_sees_what_was_written()
    {
        await using var desk = await AgentDesk.StartAsync("""
            { "prompt": "", "replies": [
              { "tools": [ { "name": "view", "input": { "path": "f" } }, { "name": "create", "input": { "path": "f", "content": "one\n" } }, { "name": "view", "input": { "path": "f" } },
                           { "name": "bash", "input": { "command": "echo two > f" } }, { "name": "view", "input": { "path": "f" } } ] },
              { "text": "{{tool_result:3}} {{tool_result:5}}" } ] }
            """);
        var (result, events) = await desk.PromptAsync("go", cancellationToken: Soon);
        Assert.Equal("1\tone      1\ttwo", result.Response.Trim());
        Assert.Equal([true, false, false, false, false], events.OfType<ToolCallCompleted>().Select(c => c.IsError));
        Assert.Equal(events.OfType<ToolCallStarted>().Select(c => c.CallId), events.OfType<ToolCallCompleted>().Select(c => c.CallId));
    }
}
