using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Execution;

/// <summary>
/// Keeps a session's records within its <see cref="RetentionOptions"/>, oldest first. A log that somebody may still write to is never touched: its
/// writer holds its lock. Times are those of the last writing, which for an ended execution is its end.
/// </summary>
internal sealed class ExecutionRetention(string directory, RetentionOptions options, TimeProvider time)
{
    /// <summary>What every record takes whatever it holds, and <see cref="RetentionOptions.MaxBytes"/> does not count.</summary>
    private const long HeadBytes = 4096;

    private string LockPath => directory + "/.retention";

    /// <summary>Does it once. Does nothing if another process is doing it.</summary>
    /// <exception cref="IOException">A record cannot be cut or removed.</exception>
    public void Apply(CancellationToken cancellationToken)
    {
        try
        {
            ApplyNow(cancellationToken);
        }
        catch (IOException) when (!Directory.Exists(directory))
        {
            // The session was removed, before or meanwhile, and its records with it.
        }
    }

    private void ApplyNow(CancellationToken cancellationToken)
    {
        using var only = FileLock.TryAcquire(LockPath);
        if (only is null) return;
        var logs = Look(cancellationToken);
        var oldest = options.MaxAge is { } age ? time.GetUtcNow() - age : DateTimeOffset.MinValue;
        if (logs.Count > options.MaxCount || (logs.Count > 0 && logs[0].At < oldest)) logs = RemoveOld(logs, oldest, cancellationToken);
        if (logs.Sum(log => log.Output) > options.MaxBytes) CutOld(logs, cancellationToken);
    }

    // Oldest first.
    private List<Log> Look(CancellationToken cancellationToken)
    {
        var logs = new List<Log>();
        foreach (var (_, path) in ExecutionRecords.Files(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // An empty one is being created just now, or its creator was killed at it.
            if (HostFile.TryStat(path) is not { IsRegular: true, Size: > 0 } stat) continue;
            var at = DateTimeOffset.FromUnixTimeSeconds(stat.Modified.Seconds).AddTicks(stat.Modified.Nanoseconds / 100);
            logs.Add(new Log(path, at, Math.Max(0, stat.BytesOnDisk - HeadBytes)));
        }
        logs.Sort(static (a, b) => a.At.CompareTo(b.At) is var order and not 0 ? order : string.CompareOrdinal(a.Path, b.Path));
        return logs;
    }

    private List<Log> RemoveOld(List<Log> logs, DateTimeOffset oldest, CancellationToken cancellationToken)
    {
        var ended = new List<Log>();
        var kept = new List<Log>(logs.Count);
        foreach (var log in logs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var file = TryTake(log.Path);
            (file is null ? kept : ended).Add(log);
        }
        var surplus = ended.Count - options.MaxCount;
        foreach (var log in ended)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (surplus-- <= 0 && log.At >= oldest) kept.Add(log);
            else
            {
                HostFile.Remove(log.Path);
                Failpoint.Hit(HostFailpoint.RetentionRemoved);
            }
        }
        kept.Sort(static (a, b) => a.At.CompareTo(b.At));
        return kept;
    }

    private void CutOld(List<Log> logs, CancellationToken cancellationToken)
    {
        var surplus = logs.Sum(log => log.Output) - options.MaxBytes;
        foreach (var log in logs)
        {
            if (surplus <= 0) return;
            cancellationToken.ThrowIfCancellationRequested();
            if (log.Output == 0) continue;
            using var file = TryTake(log.Path);
            if (file is null) continue;
            if (!file.HasState) HostFile.Remove(log.Path);
            else if (file.State.Next >= HostFile.Length(file.File, log.Path)) continue;
            else Cut(file, log);
            surplus -= log.Output;
        }
    }

    /// <summary>Gives up all output of a log; its request and its end stay.</summary>
    private static unsafe void Cut(LogReader log, Log about)
    {
        var end = log.State.End ?? log.FindEnd(LogRecordKind.End, 0);
        log.Seek(log.Start);
        while (log.TryNext(out _)) { }
        var length = HostFile.Length(log.File, about.Path);
        Span<byte> record = stackalloc byte[LogState.Size];
        new LogState(length, log.Stdout, log.Stderr, end).Write(record);
        // Told before it is done: who reads zeros, and looks then, finds where to go on.
        Failpoint.Torn(HostFailpoint.RetentionTorn, log.File, record, log.Start - LogState.Size);
        HostFile.WriteAt(log.File, record, log.Start - LogState.Size, about.Path);
        Failpoint.Hit(HostFailpoint.RetentionTold);
        var fd = (int)log.File.DangerousGetHandle();
        if (length > log.Start && Libc.fallocate(fd, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, log.Start, length - log.Start) < 0)
        {
            var errno = Libc.Errno;
            if (errno != Libc.EOPNOTSUPP) throw Libc.Failure("Cannot give up the output in", about.Path, errno);
            if (Libc.ftruncate(fd, log.Start) < 0) throw Libc.Failure("Cannot shorten", about.Path, Libc.Errno);
        }
        Failpoint.Hit(HostFailpoint.RetentionPunched);
        var times = stackalloc Libc.TimeSpec[2];
        times[0] = times[1] = new Libc.TimeSpec { Seconds = about.At.ToUnixTimeSeconds(), Nanoseconds = about.At.Ticks % TimeSpan.TicksPerSecond * 100 };
        if (Libc.futimens(fd, times) < 0) throw Libc.Failure("Cannot set the time of", about.Path, Libc.Errno);
    }

    /// <summary>Takes the writer's place; null if there is a writer, or this is no log.</summary>
    private static LogReader? TryTake(string path)
    {
        LogReader? log;
        try
        {
            log = LogReader.TryOpen(path, write: true);
        }
        catch (IOException)
        {
            // Not ours to touch.
            return null;
        }
        if (log is null || Libc.flock((int)log.File.DangerousGetHandle(), Libc.LOCK_EX | Libc.LOCK_NB) == 0) return log;
        log.Dispose();
        return null;
    }

    /// <param name="Path">The file.</param>
    /// <param name="At">When it was last written.</param>
    /// <param name="Output">What there is to give up.</param>
    private sealed record Log(string Path, DateTimeOffset At, long Output);
}
