using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Sessions;

namespace Stateroom.Tests.Agents.ClaudeCode;

/// <summary>The real command line, installed once for all tests of a user; each test's home sees it through a link.</summary>
internal static class ClaudeProgram
{
    // Where the users of rooms can pass, and where it stays from run to run.
    private static readonly string Shared = $"/var/tmp/stateroom-tests-{(Environment.IsPrivilegedProcess ? "0" : Environment.UserName)}";
    private static readonly Lazy<Task<string?>> Problem = new(InstallAsync);

    /// <summary>Gives a home the program; skips the test where it cannot be had.</summary>
    public static async Task LinkAsync(string home)
    {
        Assert.SkipWhen(await Problem.Value is { } problem, $"The Claude Code command line cannot be had: {await Problem.Value}");
        Directory.CreateDirectory(home);
        if (Environment.IsPrivilegedProcess) File.SetUnixFileMode(home, (UnixFileMode)0b111_001_001);
        if (!Directory.Exists($"{home}/agents")) Directory.CreateSymbolicLink($"{home}/agents", $"{Shared}/agents");
    }

    private static Task<string?> InstallAsync()
    {
        var layout = new HomeLayout(Shared);
        return Task.FromResult(ClaudeCodeProgram.IsInstalled(layout) ? null : "it is not installed");
    }
}
