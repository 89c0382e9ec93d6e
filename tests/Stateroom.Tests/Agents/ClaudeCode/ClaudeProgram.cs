using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Sessions;

namespace Stateroom.Tests.Agents.ClaudeCode;

/// <summary>
/// The real command line, installed once for all tests of a user, or where STATEROOM_TEST_CACHE says; each test's home sees it through a link.
/// STATEROOM_TEST_CLAUDE_CODE names its archive, for machines that reach no npm registry.
/// </summary>
internal static class ClaudeProgram
{
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(10);

    // Where the users of rooms can pass, and where it stays from run to run.
    private static readonly string Shared = Environment.GetEnvironmentVariable("STATEROOM_TEST_CACHE") is { Length: > 0 } set ? set : $"/var/tmp/stateroom-tests-{(Environment.IsPrivilegedProcess ? "0" : Environment.UserName)}";
    private static readonly Lazy<Task<string?>> Problem = new(InstallAsync);

    /// <summary>Gives a home the program; skips the test where it cannot be had.</summary>
    public static async Task LinkAsync(string home)
    {
        if (await Problem.Value is { } problem) Assert.Skip($"The Claude Code command line cannot be had: {problem}");
        Directory.CreateDirectory(home);
        if (Environment.IsPrivilegedProcess) File.SetUnixFileMode(home, (UnixFileMode)0b111_001_001);
        if (!Directory.Exists($"{home}/agents")) Directory.CreateSymbolicLink($"{home}/agents", $"{Shared}/agents");
    }

    private static async Task<string?> InstallAsync()
    {
        using var limit = new CancellationTokenSource(DownloadLimit);
        try
        {
            var archive = Environment.GetEnvironmentVariable("STATEROOM_TEST_CLAUDE_CODE");
            var agents = new LocalAgents(new StateroomLocalOptions { HomeDirectory = Shared });
            await agents.InstallAsync(AgentOptions.ClaudeCode, string.IsNullOrEmpty(archive) ? null : archive, cancellationToken: limit.Token);
            return ClaudeCodeProgram.IsInstalled(new HomeLayout(Shared)) ? null : "it is not installed";
        }
        catch (Exception e) when (e is AgentInstallException or IOException or OperationCanceledException)
        {
            return e.Message;
        }
    }
}
