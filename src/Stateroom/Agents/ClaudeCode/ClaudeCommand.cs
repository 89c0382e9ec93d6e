using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>The command line and the environment that a configuration asks for.</summary>
internal static class ClaudeCommand
{
    // MAX_ARG_STRLEN of Linux is 128 KiB for one argument, its NUL included (execve(2)).
    private const int MostArgumentBytes = (128 << 10) - 1;

    /// <exception cref="AgentConfigurationException">A text is too long for a command line.</exception>
    public static void Check(AgentOptions options)
    {
        ClaudeTools.Check(options);
        CheckLength("The system prompt", options.SystemPrompt);
        CheckLength("The MCP configuration", options.McpConfiguration);
    }

    /// <summary>The arguments after the program, without those that say which conversation it is. A process can be used for a turn whose arguments are
    /// the same; the model is not among them, since it can be changed while the process runs.</summary>
    public static List<string> Arguments(AgentOptions options)
    {
        var arguments = new List<string>
        {
            "--output-format", "stream-json", "--verbose", "--input-format", "stream-json", "--include-partial-messages",
            // Each call is asked for on the stream, where our rules decide. Settings files of the workspace and the home could loosen them.
            "--permission-prompt-tool", "stdio", "--setting-sources", "", "--strict-mcp-config",
            // Without it the CLI does not ask for commands that it takes for harmless, such as git status, which runs what the repository's configuration names.
            "--settings", new JsonObject { ["permissions"] = new JsonObject { ["ask"] = new JsonArray([.. ClaudeTools.AskedFor.Select(tool => JsonValue.Create(tool))]) } }.ToJsonString(),
            // Instructions may change from turn to turn.
            "--system-prompt-snapshot", "off",
            "--max-turns", options.MaxTurns.ToString(CultureInfo.InvariantCulture),
        };
        var isPlan = options.PermissionMode == PermissionMode.Plan;
        arguments.AddRange(["--permission-mode", isPlan ? "plan" : "manual"]);
        IEnumerable<string>? tools = isPlan ? ClaudeTools.Looking : options.AllowedTools;
        if (isPlan && options.AllowedTools is { } allowed) tools = ClaudeTools.Looking.Intersect(allowed, StringComparer.Ordinal);
        if (tools is not null) arguments.AddRange(["--tools", string.Join(',', tools)]);
        var disallowed = ClaudeTools.OnlyByName.Except(options.AllowedTools ?? [], StringComparer.Ordinal).Concat(options.DisallowedTools);
        arguments.AddRange(["--disallowedTools", string.Join(',', disallowed.Distinct(StringComparer.Ordinal))]);
        if (!string.IsNullOrWhiteSpace(options.SystemPrompt)) arguments.AddRange(["--append-system-prompt", options.SystemPrompt]);
        if (options.McpConfiguration is { } servers && !isPlan) arguments.AddRange(["--mcp-config", servers]);
        return arguments;
    }

    /// <summary>The variables of the process. The key is none: what the room sends is replaced on the host.</summary>
    public static Dictionary<string, string?> Environment(Uri modelAddress, int maxRetries) => new(StringComparer.Ordinal)
    {
        ["ANTHROPIC_BASE_URL"] = modelAddress.AbsoluteUri.TrimEnd('/'),
        ["ANTHROPIC_API_KEY"] = "none-in-the-room",
        ["CLAUDE_CONFIG_DIR"] = "/home/room/.claude",
        // At the end of background work the CLI would begin a turn of its own, without a prompt. Who wants a server to go on starts it with '&'.
        ["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"] = "1",
        ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
        ["CLAUDE_CODE_MAX_RETRIES"] = maxRetries.ToString(CultureInfo.InvariantCulture),
        ["DISABLE_AUTOUPDATER"] = "1",
        ["NO_PROXY"] = "localhost,127.0.0.1,::1",
        ["no_proxy"] = "localhost,127.0.0.1,::1",
    };

    private static void CheckLength(string what, string? text)
    {
        if (text is not null && Encoding.UTF8.GetByteCount(text) > MostArgumentBytes)
            throw new AgentConfigurationException($"{what} has {Encoding.UTF8.GetByteCount(text)} bytes; the most that the Claude Code command line can take is {MostArgumentBytes}. Put it in a file of the workspace, such as CLAUDE.md.");
    }
}
