using System.Globalization;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary>What a session was created with, on the screen: what is not the default.</summary>
internal static class ConfigurationPrinter
{
    private const int PromptShown = 80;

    public static void Print(TextWriter output, SessionOptions options)
    {
        var (view, usual) = (ConfigurationView.Of(options), ConfigurationView.Of(SessionOptions.Default));
        Line("Model", view.Model);
        Line("System Prompt", view.SystemPrompt is { } prompt ? FirstLine(prompt) : null);
        Line("Permission Mode", view.PermissionMode == usual.PermissionMode ? null : view.PermissionMode.Replace('_', '-'));
        Line("Allowed Tools", view.AllowedTools is { } allowed ? List(allowed) ?? "none" : null);
        Line("Disallowed Tools", List(view.DisallowedTools));
        Line("Max Turns", view.MaxTurns == usual.MaxTurns ? null : Number(view.MaxTurns));
        Line("Token Budget", view.TokenBudget == usual.TokenBudget ? null : Number(view.TokenBudget));
        Line("MCP Servers", List(view.McpServers));
        Line("Environment", List(view.Environment));
        Line("Network", view.NetworkPolicy == usual.NetworkPolicy ? null : List(view.NetworkAllow) ?? "allow, no host");
        Line("Limits", Limits(view.Limits, usual.Limits));
        Line("Idle Timeout", options.Sandbox.IdleTimeout == new SandboxOptions().IdleTimeout ? null
            : view.IdleTimeoutMs is null ? "never" : options.Sandbox.IdleTimeout.ToString("c", CultureInfo.InvariantCulture));

        void Line(string name, string? value)
        {
            if (value is not null) output.WriteLine($"  {name}: {Terminal.Printable(value)}");
        }
    }

    private static string? List(IReadOnlyList<string> names) => names.Count == 0 ? null : string.Join(", ", names);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string FirstLine(string text)
    {
        var line = text.Trim().Split('\n')[0].TrimEnd();
        return line.Length > PromptShown ? line[..PromptShown] + "..." : line.Length < text.Trim().Length ? line + " ..." : line;
    }

    private static string? Limits(LimitsView limits, LimitsView usual)
    {
        var parts = new List<string>();
        if (limits.Processes != usual.Processes) parts.Add($"{Number(limits.Processes)} processes");
        if (limits.OpenFiles != usual.OpenFiles) parts.Add($"{Number(limits.OpenFiles)} open files");
        if (limits.TmpBytes != usual.TmpBytes) parts.Add($"{ByteSize.Text(limits.TmpBytes)} in /tmp");
        if (limits.MemoryBytes is { } memory) parts.Add($"{ByteSize.Text(memory)} of memory");
        return List(parts);
    }
}
