using System.Text.Json;

namespace Stateroom.Cli.Output;

/// <summary>What a session was created with, as <c>--json</c> shows it. Of environment variables and MCP servers the names alone: their values may be secrets.
/// An idle time of null means that rooms do not end by it, memory of null the host's default.</summary>
internal sealed record ConfigurationView(
    string Agent, string? Model, string? SystemPrompt, string PermissionMode, IReadOnlyList<string>? AllowedTools, IReadOnlyList<string> DisallowedTools,
    int MaxTurns, long TokenBudget, IReadOnlyList<string> McpServers, IReadOnlyList<string> Environment, string NetworkPolicy, IReadOnlyList<string> NetworkAllow,
    LimitsView Limits, double? IdleTimeoutMs)
{
    public static ConfigurationView Of(SessionOptions options)
    {
        var (agent, sandbox) = (options.Agent, options.Sandbox);
        return new ConfigurationView(
            agent.Name, agent.Model, agent.SystemPrompt, SessionView.Name(agent.PermissionMode), agent.AllowedTools, agent.DisallowedTools,
            agent.MaxTurns, agent.TokenBudget, Servers(agent.McpConfiguration), [.. sandbox.Environment.Keys.Order(StringComparer.Ordinal)],
            SessionView.Name(sandbox.Network.Policy), sandbox.Network.Allow,
            new LimitsView(sandbox.Limits.Processes, sandbox.Limits.OpenFiles, sandbox.Limits.TmpBytes, sandbox.Limits.MemoryBytes),
            sandbox.IdleTimeout == Timeout.InfiniteTimeSpan ? null : sandbox.IdleTimeout.TotalMilliseconds);
    }

    // The text is the agent's to read and was not checked by us.
    private static string[] Servers(string? configuration)
    {
        if (configuration is null) return [];
        try
        {
            var servers = JsonElement.Parse(configuration);
            return servers.ValueKind == JsonValueKind.Object && servers.TryGetProperty("mcpServers", out var named) && named.ValueKind == JsonValueKind.Object
                ? [.. named.EnumerateObject().Select(server => server.Name)]
                : ["(not in the form {\"mcpServers\":{...}})"];
        }
        catch (JsonException)
        {
            return ["(not JSON)"];
        }
    }
}

/// <summary>The bounds of a session's rooms.</summary>
internal sealed record LimitsView(int Processes, int OpenFiles, long TmpBytes, long? MemoryBytes);
