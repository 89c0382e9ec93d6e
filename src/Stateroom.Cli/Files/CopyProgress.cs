using Stateroom.Cli.Output;

namespace Stateroom.Cli.Files;

/// <summary>Shows on a terminal how far a copy has come, once it takes a while.</summary>
/// <param name="terminal">Where to; null shows nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class CopyProgress(TextWriter? terminal, TimeProvider time) : IProgress<FileProgress>
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200), First = TimeSpan.FromSeconds(1);

    private readonly long _begun = time.GetTimestamp();
    private TimeSpan _next = First;
    private bool _isShown;

    public static CopyProgress Create(bool isShown) => new(isShown ? Console.Error : null, TimeProvider.System);

    public void Report(FileProgress value)
    {
        if (terminal is null || time.GetElapsedTime(_begun) is var elapsed && elapsed < _next) return;
        (_next, _isShown) = (elapsed + Every, true);
        terminal.Write($"\r\e[K{value.Entries} {(value.Entries == 1 ? "entry" : "entries")}, {ByteSize.Text(value.Bytes)}");
    }

    /// <summary>Takes the line away.</summary>
    public void End()
    {
        if (_isShown) terminal?.Write("\r\e[K");
    }
}
