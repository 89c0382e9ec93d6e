using System.Globalization;
using System.Runtime.CompilerServices;
using Stateroom.Protocol;

namespace Stateroom.Execution;

/// <summary>Reads the output of an exec, a shell or a shell's command from its log, whoever runs it.</summary>
internal static class RecordedOutput
{
    // Nothing tells another process that a file has grown; the first looks come quickly, for what ends soon.
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(5), LongestWait = TimeSpan.FromMilliseconds(80);

    /// <summary>Reads what there is between two offsets of the log, as far as the reader has not got it.</summary>
    /// <param name="path">The log. If it has gone, nothing is kept of it.</param>
    /// <param name="from">Offset of a record.</param>
    /// <param name="to">Where to stop.</param>
    /// <param name="command">In a shell's log the command whose foreground output is wanted; null means all.</param>
    /// <param name="position">What the reader has.</param>
    public static IEnumerable<OutputChunk> ReadBetween(string path, long from, long to, uint? command, OutputPosition position)
    {
        using var log = LogReader.TryOpen(path);
        if (log is null) yield break;
        log.Seek(from);
        while (log.TryNext(out var record, to))
        {
            // A shell's command that has not come by yet: its first record lies just where the guest pointed to, or is lost.
            if (command is null && record.Command != 0) command = log.Position == from + LogRecord.HeaderSize + record.Length ? record.Command : 0;
            if (!IsOutput(record) || (command is not null && (record.Command != command || record.IsBackground))) continue;
            if (TryTake(log, record, record.Offset, position, out var piece)) yield return piece;
        }
    }

    /// <summary>Reads the recorded output of an execution.</summary>
    /// <param name="directory">Where the logs are.</param>
    /// <param name="id">An exec, a shell, or a shell's command: the shell's id, a dot, its number.</param>
    /// <param name="from">What the reader has.</param>
    /// <param name="follow">True goes on with what comes until the end.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ExecNotFoundException">There is no such record.</exception>
    public static async IAsyncEnumerable<OutputChunk> ReadAsync(
        string directory, string id, OutputOffsets from, bool follow, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The disk is read in the caller's turn, but never on the thread that only wanted to begin.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (owner, command) = Split(id);
        using var log = LogReader.TryOpen(ExecutionLog.PathOf(directory, owner));
        if (log?.Request is not { } request || (command is not null && !request.IsShell)) throw new ExecNotFoundException(id);
        var position = new OutputPosition(from);
        var wanted = new Wanted(request.IsShell, command);
        var wait = FirstWait;
        while (true)
        {
            // Looked at before the reading: what is written before the end is read below.
            var isOver = !follow || IsOver(log);
            while (log.TryNext(out var record))
            {
                if (!wanted.Includes(log, record) || !TryTake(log, record, wanted.OffsetOf(log, record), position, out var piece)) continue;
                yield return piece;
                wait = FirstWait;
                cancellationToken.ThrowIfCancellationRequested();
            }
            if (isOver || wanted.End is not null) break;
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            wait = wait * 2 > LongestWait ? LongestWait : wait * 2;
        }
        if (!wanted.IsFound) throw new ExecNotFoundException(id);
        var (stdout, stderr) = wanted.Totals(log);
        foreach (var gap in position.Finish(stdout, stderr)) yield return gap;
    }

    private static bool IsOutput(LogRecord record) => record.Kind is LogRecordKind.Stdout or LogRecordKind.Stderr;

    private static bool IsOver(LogReader log) => log.State.End is not null || !log.IsWritten() || (log.Refresh() && log.State.End is not null);

    private static bool TryTake(LogReader log, LogRecord record, long offset, OutputPosition position, out OutputChunk piece)
    {
        piece = ExecutionLog.ToChunk(record, default) with { Offset = offset };
        if (!position.Wants(piece.Stream, offset, record.Length) || !log.TryLoad(out var data)) return false;
        piece = piece with { Data = data };
        return position.TryTake(ref piece);
    }

    private static (string Owner, uint? Command) Split(string id)
    {
        var dot = id.LastIndexOf('.');
        var owner = dot < 0 ? id : id[..dot];
        uint? command = null;
        if (dot >= 0 && uint.TryParse(id.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0) command = number;
        return SessionId.IsValid(owner) && (dot < 0 || command is not null) ? (owner, command) : throw new ExecNotFoundException(id);
    }

    /// <summary>Which records of a log are wanted, and what their offsets mean.</summary>
    private sealed class Wanted(bool isShell, uint? command)
    {
        public EndRecord? End { get; private set; }

        public bool IsFound { get; private set; } = command is null;

        public bool Includes(LogReader log, LogRecord record)
        {
            if (command is null) return IsOutput(record);
            if (record.Command != command) return false;
            IsFound = true;
            if (record.Kind == LogRecordKind.CommandEnd && log.TryLoad(out var data) && data.Length >= EndRecord.Size) End = EndRecord.Read(data.Span);
            return IsOutput(record);
        }

        /// <summary>In a shell's log the offsets begin anew with each command; who reads the shell's output counts on.</summary>
        public long OffsetOf(LogReader log, LogRecord record) =>
            !isShell || command is not null ? record.Offset : (record.Kind == LogRecordKind.Stdout ? log.Stdout : log.Stderr) - record.Length;

        public (long Stdout, long Stderr) Totals(LogReader log)
        {
            if (command is not null) return (End?.StdoutBytes ?? 0, End?.StderrBytes ?? 0);
            return (Math.Max(log.Stdout, log.State.End?.StdoutBytes ?? 0), Math.Max(log.Stderr, log.State.End?.StderrBytes ?? 0));
        }
    }
}
