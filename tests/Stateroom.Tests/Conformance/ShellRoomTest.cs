using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>A test that uses shells of four kinds, on pipes or on a terminal.</summary>
public abstract class ShellRoomTest : RoomTest
{
    public static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(200);

    private static readonly string[] Names = ["bash", "dash", "zsh", "ash"];

    public static TheoryData<string> Kinds => [.. Names];

    /// <value>Each kind on pipes and on a terminal.</value>
    public static MatrixTheoryData<string, string> Everywhere { get; } = new(Names, ["pipes", "terminal"]);

    protected Task<IShell> Open(string kind, string streams = "pipes") =>
        Room.OpenShellAsync(new ShellOptions { Shell = kind, Terminal = streams == "terminal" ? TerminalSize.Default : null }).WaitAsync(Patience.Limit);

    protected static Task<ExecResult> Run(IShell shell, string command, TimeSpan? timeout = null) =>
        shell.RunAsync(command, new ShellCommandOptions { Timeout = timeout, KillGrace = TimeSpan.FromMilliseconds(100) }).WaitAsync(Patience.Limit);

    /// <summary>Runs a command and says what it printed on standard output and how it ended. A terminal's CR LF is told as LF.</summary>
    protected static async Task<string> Show(IShell shell, string command, TimeSpan? timeout = null) => Show(await Run(shell, command, timeout));

    protected static string Show(ExecResult result) => $"{result.StdoutText.Replace("\r\n", "\n", StringComparison.Ordinal)}|{Describe(result)}";

    /// <summary>After anything that was done to it, a shell still runs commands and tells their true statuses.</summary>
    protected static async Task StillUsable(IShell shell) => Assert.Equal("usable\n|exit 7", await Show(shell, "echo usable; (exit 7)"));

    protected static async Task<byte[]> ReadAll(IExec exec, OutputStream stream = OutputStream.Stdout)
    {
        using var all = new MemoryStream();
        await foreach (var chunk in exec.ReadOutputAsync())
        {
            if (chunk.Stream == stream) all.Write(chunk.Data.Span);
        }
        return all.ToArray();
    }

    protected static async Task<string> ReadText(IExec exec) => Encoding.UTF8.GetString(await ReadAll(exec).WaitAsync(Patience.Limit));

    /// <summary>How many <c>sleep</c> run. A dead one that its shell has not looked for yet does not.</summary>
    protected Task<string> Sleeping() => Output("ps -eo stat=,comm= | grep -v '^Z' | grep -c 'sleep$' || true");
}
