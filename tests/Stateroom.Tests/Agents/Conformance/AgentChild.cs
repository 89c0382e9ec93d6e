using System.Diagnostics;

namespace Stateroom.Tests.Agents.Conformance;

/// <summary>Another process with a session open in it: gives the agent one prompt and tells each event by its name, the answer last.</summary>
internal sealed class AgentChild : IAsyncDisposable
{
    public const string Verb = "--agent-turn";

    private readonly Process _process;
    private readonly Task<string> _errors;

    private AgentChild(Process process) => (_process, _errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>What the child does.</summary>
    public static async Task<int> MainAsync(string agent, Uri model, string home, string session, string prompt)
    {
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        await using var host = StateroomHost.Local(ConformanceAgents.Options(agent, model, home));
        await using var handle = await host.OpenAsync(session);
        await foreach (var item in handle.StreamAsync(prompt))
            await output.WriteLineAsync(item is TurnCompleted { Result: var result } ? $"{result.Success}: {result.Response}{result.Error}" : item.GetType().Name);
        return 0;
    }

    public static AgentChild Start(string agent, Uri model, string home, string session, string prompt) =>
        new(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Verb, agent, model.AbsoluteUri, home, session, prompt])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    /// <summary>The line with the turn's end.</summary>
    public async Task<string> ResultAsync()
    {
        var rest = await _process.StandardOutput.ReadToEndAsync().WaitAsync(Patience.Limit);
        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.True(_process.ExitCode == 0, await _errors);
        return rest.TrimEnd('\n').Split('\n')[^1];
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
