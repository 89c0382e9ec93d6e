using System.Diagnostics;
using Stateroom.Faults;

namespace Stateroom.Tests.Faults;

/// <summary>The host process that dies: runs the script in a home and tells each step on its standard output.</summary>
internal static class FaultChild
{
    public const string Verb = "--fault-script";

    /// <summary>What the child does.</summary>
    public static async Task<int> MainAsync(string home)
    {
        // Each line is one write(2): what was told is in the pipe when the process dies.
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        await using var host = StateroomHost.Local(Options(home));
        await new FaultScript(host, home, Options(home), output.WriteLine).RunAsync();
        return 0;
    }

    public static StateroomLocalOptions Options(string home) => new()
    {
        HomeDirectory = home,
        Agents = new Dictionary<string, IAgent> { [AgentOptions.BuiltIn] = new FaultAgent() },
    };

    /// <summary>Runs the script in a process that is to die at a failpoint; what it told, and where it said that it died.</summary>
    public static async Task<(Transcript Transcript, string? DiedAt)> RunAsync(string home, string failpoint)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Verb, home]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Failpoint.Variable] = failpoint;
        using var process = Process.Start(start)!;
        // Its rooms do not have its streams: both end with it.
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var hangs = false;
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience.Limit);
        }
        catch (TimeoutException)
        {
            hangs = true;
            process.Kill();
        }
        var said = await errors.WaitAsync(Patience.Limit);
        var transcript = Transcript.Parse(await output.WaitAsync(Patience.Limit));
        Assert.False(hangs, $"The process that was to die at {failpoint} hangs. Told were:\n{transcript}\n{said}");
        if (process.ExitCode == 0) return (transcript, null);
        Assert.True(process.ExitCode == 137, $"The process ended with {process.ExitCode}:\n{said}");
        return (transcript, said.Trim().Split('\n')[^1]);
    }
}
