using Stateroom.Cli.Output;

namespace Stateroom.Cli.Agents;

/// <summary>Shows on a terminal how much of an archive is there, once it takes a while.</summary>
/// <param name="terminal">Where to; null shows nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class InstallProgress(TextWriter? terminal, TimeProvider time) : IProgress<AgentInstallProgress>
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private readonly long _begun = time.GetTimestamp();
    private TimeSpan _next = Every;
    private bool _isShown;

    public void Report(AgentInstallProgress value)
    {
        if (terminal is null || time.GetElapsedTime(_begun) is var elapsed && elapsed < _next) return;
        (_next, _isShown) = (elapsed + Every, true);
        var of = value.TotalBytes is { } total and > 0 ? $" of {ByteSize.Text(total)} ({value.Bytes * 100 / total} %)" : "";
        terminal.Write($"\r\e[K{ByteSize.Text(value.Bytes)}{of}");
    }

    /// <summary>Takes the line away.</summary>
    public void End()
    {
        if (_isShown) terminal?.Write("\r\e[K");
    }
}
