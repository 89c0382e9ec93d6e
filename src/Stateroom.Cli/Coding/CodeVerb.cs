using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Network;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Coding;

/// <summary><c>code PROMPT</c></summary>
internal static class CodeVerb
{
    private static readonly Argument<string> Prompt = new("PROMPT") { Description = "What the agent is to do; quote it, so that it stays one argument." };

    private static readonly Option<string?> Session = new("--session", "-s")
    {
        HelpName = "ID",
        Description = "Work in this session; it is created if there is none. Without it the work is done in an ephemeral session, which is removed at the end.",
    };

    private static readonly Option<bool> Stream = new("--stream")
    {
        Description = "Print the agent's text as it comes, and its tool calls on standard error. With --json: one event a line, the result last.",
    };

    private static readonly Option<bool> Debug = new("--debug") { Description = "Tell on standard error what happens in the turn, a line each, without prompts, answers, arguments or keys." };

    public static Command Create() =>
        new Command("code", "Give an agent a prompt and wait until it has done the work. An option that is given holds for this prompt; a session that this call creates keeps it. Of --agent, --mcp-config and --allow an existing session keeps its own.") { Prompt, Session, Stream, Debug }
            .WithAgentOptions()
            .WithNetworkOptions()
            .WithExamples(
                "stateroom code -s web 'Create a Flask app with GET / returning a greeting'",
                "stateroom code -s web --stream 'Add tests and run them'",
                "stateroom code -s web --permission-mode ask 'Tidy up the project'",
                "stateroom code -s app --agent claude-code 'Fix the failing test'",
                "stateroom code -s app --allow registry.npmjs.org 'Install the dependencies and run the tests'",
                "stateroom code 'Which Python version is in the room?'",
                "stateroom code -s web --json 'Add a /health endpoint' | jq -r .response")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var prompt = invocation.Get(Prompt);
        if (string.IsNullOrWhiteSpace(prompt)) throw new UsageException("The prompt is empty: say what the agent is to do.");
        await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { LoggerFactory = invocation.Get(Debug) ? new LineLoggers() : null });
        await using var session = await OpenAsync(stateroom, invocation);
        var turn = AgentArguments.ForTurn(invocation) with { OnPermission = PermissionPrompt.Create(invocation.Json) };
        var printer = new TurnPrinter(invocation, session.Id, stream: invocation.Get(Stream));
        await foreach (var e in session.StreamAsync(prompt, turn, invocation.Cancellation)) await printer.PrintAsync(e);
        return printer.Succeeded ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<ISession> OpenAsync(IStateroom stateroom, Invocation invocation)
    {
        var id = invocation.Get(Session);
        if (id is not null) SessionId.Check(id);
        if (id is not null && await FindAsync(stateroom, id, invocation.Cancellation) is { } existing)
        {
            if (NetworkArguments.IsGiven(invocation))
                throw new UsageException($"Session '{id}' exists, and what its rooms may reach was said when it was created. Leave out --allow, or use another session.");
            AgentArguments.CheckExisting(invocation, existing);
            return await stateroom.OpenAsync(id, new OpenOptions { KeepRunning = true }, invocation.Cancellation);
        }
        var agent = await AgentArguments.ForSessionAsync(invocation);
        AgentArguments.CheckTools(invocation, agent.Name);
        CheckAgent(agent);
        var options = new SessionOptions { Agent = agent, Sandbox = NetworkArguments.ForSession(invocation), Open = new OpenOptions { KeepRunning = id is not null } };
        return await NetworkArguments.CreateAsync(() => id is null
            ? stateroom.CreateAsync(null, options, invocation.Cancellation)
            : stateroom.OpenOrCreateAsync(id, options, invocation.Cancellation));
    }

    private static async Task<SessionInfo?> FindAsync(IStateroom stateroom, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await stateroom.GetAsync(id, cancellationToken);
        }
        catch (SessionNotFoundException)
        {
            return null;
        }
    }

    /// <summary>A missing key is told before a session is made that nobody can use yet. An existing session's own agent is checked by its turn.</summary>
    private static void CheckAgent(AgentOptions agent) => new LocalAgents().CheckConfiguration(agent);
}
