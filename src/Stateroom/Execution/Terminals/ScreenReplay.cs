using System.Buffers.Binary;
using Stateroom.Protocol;

namespace Stateroom.Execution.Terminals;

/// <summary>Makes the screen of a terminal from the log of what was printed to it.</summary>
internal static class ScreenReplay
{
    /// <summary>Of a longer log only this much of the end is replayed: what is older has scrolled away, unless a program that fills the screen drew it
    /// once and never again.</summary>
    public const long MaxReplay = 16 << 20;

    /// <summary>A sequence longer than this is not sent again to who comes in its middle.</summary>
    private const long MaxUnfinished = 64 << 10;

    /// <param name="path">The log.</param>
    /// <param name="id">The exec, or the command of a shell.</param>
    /// <exception cref="InvalidOperationException">It has no terminal.</exception>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public static TerminalScreen Read(string path, ExecutionId id)
    {
        using var log = LogReader.TryOpen(path);
        var (start, size) = log is null ? (0, null) : FindStart(log, path);
        if (log is null || size is not { } first) throw new InvalidOperationException($"Exec '{id}' has no terminal, so there is no screen.");
        var terminal = new TerminalEmulator(first);
        // The size that the screen is told to have, also where the emulator keeps to its bounds.
        var (shown, skipping, next) = (first, start > log.Start, 0L);
        log.Seek(start);
        while (log.TryNext(out var record))
        {
            if (record.Kind is not (LogRecordKind.Resize or LogRecordKind.Stdout) || !log.TryLoad(out var data)) continue;
            if (record.Kind == LogRecordKind.Resize && SizeOf(data.Span) is { } changed) terminal.Resize(shown = changed);
            if (record.Kind != LogRecordKind.Stdout) continue;
            var span = data.Span;
            if (skipping) span = span[(span.IndexOf((byte)'\n') + 1)..];
            skipping = false;
            terminal.Feed(span);
            if (id.Command is null || (record.Command == id.Command && !record.IsBackground)) next = record.Offset + record.Length;
        }
        var redraw = terminal.Redraw();
        if (terminal.Unfinished <= MaxUnfinished) next = Math.Max(0, next - terminal.Unfinished);
        // The rest will end what nobody has begun: begin something of its kind that means nothing.
        else redraw = [.. redraw, .. terminal.IsInSystemCommand ? "\e]"u8 : "\eX"u8];
        return new TerminalScreen(shown, redraw, new OutputOffsets(next, 0));
    }

    /// <summary>Where the replay begins, and the size in force there; null if the log knows of no terminal.</summary>
    private static (long Start, TerminalSize? Size) FindStart(LogReader log, string path)
    {
        var end = new FileInfo(path).Length;
        TerminalSize? size = null;
        var start = log.Start;
        while (log.TryNext(out var record))
        {
            if (record.Kind == LogRecordKind.Resize && log.TryLoad(out var data)) size = SizeOf(data.Span) ?? size;
            if (end - start > MaxReplay) start = log.Position;
            else if (size is not null) break;
        }
        // Of a log that has given up its beginning the first size may be gone.
        return (start, size ?? (log.Request is { HasTerminal: true } ? TerminalSize.Default : null));
    }

    private static TerminalSize? SizeOf(ReadOnlySpan<byte> data)
    {
        if (data.Length < 8) return null;
        var (columns, rows) = (BinaryPrimitives.ReadUInt32LittleEndian(data), BinaryPrimitives.ReadUInt32LittleEndian(data[4..]));
        return columns is > 0 and <= ushort.MaxValue && rows is > 0 and <= ushort.MaxValue ? new TerminalSize((int)columns, (int)rows) : null;
    }
}
