using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Agents.ClaudeCode.Install;

/// <summary>Where the Claude Code command line lies once it is installed.</summary>
internal static class ClaudeCodeProgram
{
    /// <summary>The one version that is driven: its messages change from version to version.</summary>
    public const string Version = "2.1.329";

    private const string Name = "claude";

    /// <summary>Its path in rooms.</summary>
    public const string PathInRoom = $"/opt/stateroom/agents/{AgentOptions.ClaudeCode}/{Version}/{Name}";

    public static string Directory(HomeLayout layout) => $"{layout.Agents}/{AgentOptions.ClaudeCode}";

    public static string VersionDirectory(HomeLayout layout) => $"{Directory(layout)}/{Version}";

    public static string Path(HomeLayout layout) => $"{VersionDirectory(layout)}/{Name}";

    /// <summary>Whether it is there. It is put in place whole, so a look at its name is enough.</summary>
    public static bool IsInstalled(HomeLayout layout) => HostFile.TryStat(Path(layout)) is { IsRegular: true };
}
