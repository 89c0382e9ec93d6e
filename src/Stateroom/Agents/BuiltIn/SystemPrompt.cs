namespace Stateroom.Agents.BuiltIn;

internal static class SystemPrompt
{
    private const string Own = """
        You are a coding agent. You work in a room: an isolated Linux sandbox of your own, whose files stay between prompts. The project is in
        /workspace, where you start; relative paths are relative to it. There is no network unless the user has opened it, so installing packages
        from the internet may fail; use what is installed.
        """;

    private const string Work =
        "Do the work with the tools and check it: run what you wrote. Report only what the tools showed. End with a short answer to the user.";

    private const string Plan =
        "You are in plan mode: you can look at files, and cannot change or run anything. Look at what matters for the task, then answer with a plan of what you would do.";

    private const string Shell = "The tool bash is one shell that keeps its directory, variables and background jobs.";

    public static string For(AgentOptions options, IReadOnlyCollection<string> tools, string? project)
    {
        var parts = new List<string>
        {
            Own,
            tools.Count == 0 ? "You have no tools." : $"Your tools: {string.Join(", ", tools)}.{(tools.Contains("bash") ? " " + Shell : "")}",
            options.PermissionMode == PermissionMode.Plan ? Plan : Work,
        };
        var text = string.Join('\n', parts.Select(p => p.TrimEnd()));
        if (project is not null)
            text += $"\n\n{project}";
        return string.IsNullOrWhiteSpace(options.SystemPrompt) ? text : $"{text}\n\n{options.SystemPrompt}";
    }
}
