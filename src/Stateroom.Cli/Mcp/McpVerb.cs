using System.CommandLine;
using ModelContextProtocol.Server;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Files;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Mcp;

/// <summary><c>mcp [ID]</c>: a session's tools for other agents, over the Model Context Protocol. Standard output is the protocol's alone.</summary>
internal static class McpVerb
{
    private static readonly Argument<string?> Id = new("ID")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The session; it is created if there is none. Without it the tools work in an ephemeral session, which is removed at the end.",
    };

    private static readonly Option<bool> Keep = new("--keep")
    {
        Description = "Leave the room and what runs in it when the input ends. Without it the room closes when nobody else uses it; its files stay.",
    };

    public static Command Create() =>
        new Command("mcp", "Serve a session's tools to another agent: an MCP server on standard input and output.") { Id, Keep }
            .WithExamples(
                "stateroom mcp web                              # bash, view, list, search, create, edit and insert in the session 'web'",
                "stateroom mcp                                  # in a room that is gone at the end of the input",
                "claude mcp add room -- stateroom mcp web --keep  # as a server of another program")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.GetOptional(Id);
        if (id is not null) SessionId.Check(id);
        else if (invocation.Get(Keep)) throw new UsageException("--keep needs the id of a session: an ephemeral one is removed at the end.");
        var options = new SessionOptions { Open = new OpenOptions { KeepRunning = invocation.Get(Keep) } };
        await using var stateroom = StateroomHost.Local();
        await using var session = await OpenAsync(stateroom, id, options, invocation.Cancellation);
        await using var tools = session.AsAITools();
        await using var transport = new StandardTransport(new StandardInput(null), DescriptorStream.Stdout);
        await using var server = McpServer.Create(transport, McpTools.Serve(tools));
        using var serving = CancellationTokenSource.CreateLinkedTokenSource(invocation.Cancellation);
        // Returns when the input has ended and all of it is answered.
        var served = server.RunAsync(serving.Token);
        if (await Task.WhenAny(served, NobodyLeftAsync(transport, serving.Token)) != served)
        {
            await serving.CancelAsync();
            await served.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            invocation.Cancellation.ThrowIfCancellationRequested();
            return ExitCodes.BrokenPipe;
        }
        await serving.CancelAsync();
        await served;
        return ExitCodes.Ok;
    }

    // A client that has closed both sides is not there to be answered; while it writes, its going shows with the next answer.
    private static async Task NobodyLeftAsync(StandardTransport transport, CancellationToken cancellationToken)
    {
        await transport.Ended.WaitAsync(cancellationToken);
        await DescriptorStream.Stdout.ReaderGoneAsync(cancellationToken);
    }

    private static async Task<ISession> OpenAsync(IStateroom stateroom, string? id, SessionOptions options, CancellationToken cancellationToken)
    {
        if (id is null) return await stateroom.CreateAsync(null, options, cancellationToken);
        try
        {
            return await stateroom.OpenAsync(id, options.Open, cancellationToken);
        }
        catch (SessionNotFoundException)
        {
            return await stateroom.OpenOrCreateAsync(id, options, cancellationToken);
        }
    }
}
