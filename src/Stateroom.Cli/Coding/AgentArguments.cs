using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Coding;

/// <summary>The options that say which agent works and how, for verbs that make a session or give a prompt.</summary>
internal static class AgentArguments
{
    private static readonly string[] Modes = ["bypass", "ask", "accept-edits", "plan"];

    private static readonly Option<string?> Agent = new("--agent")
    {
        HelpName = "NAME",
        Description = $"The agent of a new session: {AgentOptions.BuiltIn} (the default) or {AgentOptions.ClaudeCode}. That of an existing one stays.",
    };

    private static readonly Option<string?> Model = new("--model") { HelpName = "NAME", Description = "The model, by its provider's name. The default is the agent's own." };

    private static readonly Option<string?> SystemPrompt = new("--system-prompt") { HelpName = "TEXT", Description = "Instructions before the conversation. The default is none beyond the agent's own." };

    private static readonly Option<int?> MaxTurns = new("--max-turns") { HelpName = "N", Description = "The most requests to the model in a turn, from 1 up. A new session's default is 50." };

    private static readonly Option<string?> PermissionMode = new("--permission-mode")
    {
        HelpName = "MODE",
        Description = "What the agent may do without asking: bypass (everything in its room), ask (look only), accept-edits (look and change files), plan (look only, and nobody is asked). A new session's default is bypass.",
    };

    private static readonly Option<string[]?> AllowedTools = new("--allowed-tools")
    {
        HelpName = "A,B",
        Description = "The only tools that the agent has, by its own names, separated by commas.",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
    };

    private static readonly Option<string[]?> DisallowedTools = new("--disallowed-tools")
    {
        HelpName = "A,B",
        Description = "Tools that the agent does not have, even if they are allowed.",
        CustomParser = result => [.. result.Tokens.SelectMany(t => t.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
    };

    private static readonly Option<long?> TokenBudget = new("--token-budget") { HelpName = "N", Description = "The most tokens that a turn may use, read and written. A new session's default is 20 million." };

    private static readonly Option<string?> McpConfiguration = new("--mcp-config") { HelpName = "FILE", Description = "MCP servers of a new session's agent: a JSON file {\"mcpServers\":{...}}. They run in the room." };

    static AgentArguments()
    {
        Agent.AcceptOnlyFromAmong(AgentOptions.BuiltIn, AgentOptions.ClaudeCode);
        PermissionMode.AcceptOnlyFromAmong(Modes);
    }

    public static Command WithAgentOptions(this Command command)
    {
        foreach (var option in (Option[])[Agent, Model, SystemPrompt, MaxTurns, PermissionMode, AllowedTools, DisallowedTools, TokenBudget, McpConfiguration]) command.Add(option);
        return command;
    }

    /// <summary>The agent that the user asks for by name; null if he leaves it open.</summary>
    public static string? AgentOf(Invocation invocation) => invocation.Get(Agent);

    /// <summary>Refuses what only a new session can be given: the turns of an existing one would go on without it.</summary>
    public static void CheckExisting(Invocation invocation, SessionInfo session)
    {
        if (AgentOf(invocation) is { } asked && asked != session.Agent)
            throw new UsageException($"Session '{session.Id}' works with the agent '{session.Agent}', not '{asked}'. Leave out --agent, or use another session.");
        if (invocation.IsGiven(McpConfiguration))
            throw new UsageException($"Session '{session.Id}' exists, and its MCP servers were said when it was created. Leave out --mcp-config, or use another session.");
        CheckTools(invocation, session.Agent);
    }

    /// <summary>Refuses names that are no tools of the builtin agent. What tools another has only it knows.</summary>
    public static void CheckTools(Invocation invocation, string agent)
    {
        if (agent != AgentOptions.BuiltIn) return;
        foreach (var option in (Option<string[]?>[])[AllowedTools, DisallowedTools])
        {
            foreach (var name in Given(invocation, option) ?? [])
            {
                if (!SessionTools.Names.Contains(name))
                    throw new UsageException($"'{name}' of {option.Name} is no tool of the {agent} agent. Its tools are: {string.Join(", ", SessionTools.Names)}.");
            }
        }
    }

    /// <summary>The configuration of a new session.</summary>
    public static async Task<AgentOptions> ForSessionAsync(Invocation invocation)
    {
        Check(invocation);
        var options = new AgentOptions { Name = invocation.Get(Agent) ?? AgentOptions.BuiltIn };
        return options with
        {
            Model = invocation.Get(Model),
            SystemPrompt = invocation.Get(SystemPrompt),
            MaxTurns = invocation.Get(MaxTurns) ?? options.MaxTurns,
            PermissionMode = Mode(invocation) ?? options.PermissionMode,
            AllowedTools = Given(invocation, AllowedTools),
            DisallowedTools = Given(invocation, DisallowedTools) ?? options.DisallowedTools,
            TokenBudget = invocation.Get(TokenBudget) ?? options.TokenBudget,
            McpConfiguration = invocation.Get(McpConfiguration) is { } file ? await ReadAsync(file, invocation.Cancellation) : null,
        };
    }

    /// <summary>The changes for one turn.</summary>
    public static TurnOptions ForTurn(Invocation invocation)
    {
        Check(invocation);
        return new TurnOptions
        {
            Model = invocation.Get(Model),
            SystemPrompt = invocation.Get(SystemPrompt),
            MaxTurns = invocation.Get(MaxTurns),
            PermissionMode = Mode(invocation),
            AllowedTools = Given(invocation, AllowedTools),
            DisallowedTools = Given(invocation, DisallowedTools),
            TokenBudget = invocation.Get(TokenBudget),
        };
    }

    private static void Check(Invocation invocation)
    {
        if (invocation.Get(MaxTurns) < 1) throw new UsageException("--max-turns is a number from 1 up.");
        if (invocation.Get(TokenBudget) < 1) throw new UsageException("--token-budget is a number from 1 up.");
    }

    private static string[]? Given(Invocation invocation, Option<string[]?> option) => invocation.IsGiven(option) ? invocation.Get(option) : null;

    private static PermissionMode? Mode(Invocation invocation) => invocation.Get(PermissionMode) switch
    {
        "bypass" => Stateroom.PermissionMode.Bypass,
        "ask" => Stateroom.PermissionMode.Ask,
        "accept-edits" => Stateroom.PermissionMode.AcceptEdits,
        "plan" => Stateroom.PermissionMode.Plan,
        _ => null,
    };

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(file, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The MCP configuration '{file}' cannot be read: {e.Message}");
        }
    }
}
