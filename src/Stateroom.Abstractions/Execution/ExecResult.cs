using System.Text;

namespace Stateroom;

/// <summary>How an exec or a shell command ended. Nothing is ever invented: what is not known is <see cref="Lost"/>.</summary>
public enum ExecOutcome
{
    /// <summary>The process ended by itself; <see cref="ExecResult.ExitCode"/> is set.</summary>
    Exited = 1,

    /// <summary>A signal ended it; <see cref="ExecResult.Signal"/> is set.</summary>
    Signaled = 2,

    /// <summary>Its time was over, and it was ended.</summary>
    TimedOut = 3,

    /// <summary>The caller had it ended.</summary>
    Canceled = 4,

    /// <summary>It could not be started; <see cref="ExecResult.Error"/> says why.</summary>
    NotStarted = 5,

    /// <summary>The room ended before the outcome was known.</summary>
    Lost = 6,
}

/// <summary>The end of an exec or of a shell command.</summary>
public sealed record ExecResult
{
    /// <value>The exec's id, or the shell's for a shell command.</value>
    public required string ExecId { get; init; }

    /// <value>How it ended.</value>
    public required ExecOutcome Outcome { get; init; }

    /// <value>The code it ended with, 0 to 255. Null unless <see cref="Outcome"/> is <see cref="ExecOutcome.Exited"/>.</value>
    public int? ExitCode { get; init; }

    /// <value>The signal that ended it, 1 to 64 (signal(7)). Null unless a signal did; may be set beside
    /// <see cref="ExecOutcome.TimedOut"/> and <see cref="ExecOutcome.Canceled"/>.</value>
    public int? Signal { get; init; }

    /// <value>Standard output, exactly as written, up to <see cref="ExecOptions.MaxOutputBytes"/>.</value>
    public ReadOnlyMemory<byte> Stdout { get; init; }

    /// <value>Standard error, exactly as written, up to <see cref="ExecOptions.MaxOutputBytes"/>.</value>
    public ReadOnlyMemory<byte> Stderr { get; init; }

    /// <value>All bytes written to standard output, also those beyond <see cref="Stdout"/>.</value>
    public long StdoutBytes { get; init; }

    /// <value>All bytes written to standard error, also those beyond <see cref="Stderr"/>.</value>
    public long StderrBytes { get; init; }

    /// <value>True if <see cref="Stdout"/> or <see cref="Stderr"/> does not hold all that was written.</value>
    public bool IsTruncated => Stdout.Length < StdoutBytes || Stderr.Length < StderrBytes;

    /// <value>Time from the start to the end, measured in the room.</value>
    public TimeSpan Duration { get; init; }

    /// <value>True if the shell that ran the command has ended with it. Always false for an exec.</value>
    public bool ShellEnded { get; init; }

    /// <value>Why it could not be started, or what is missing from its record. Null if there is nothing to say.</value>
    public string? Error { get; init; }

    /// <value>True if it ended by itself with code 0.</value>
    public bool Success => Outcome == ExecOutcome.Exited && ExitCode == 0;

    /// <value><see cref="Stdout"/> as UTF-8; bytes that are not become U+FFFD.</value>
    public string StdoutText => Encoding.UTF8.GetString(Stdout.Span);

    /// <value><see cref="Stderr"/> as UTF-8; bytes that are not become U+FFFD.</value>
    public string StderrText => Encoding.UTF8.GetString(Stderr.Span);

    /// <summary>The code that a shell reports for this end: the exit code; 128+n for signal n; 124 for a timeout (timeout(1)); 126 or 127 when it
    /// could not be started; 130 for a cancel; 125 when the outcome is not known.</summary>
    public int ToShellCode() => Outcome switch
    {
        ExecOutcome.Exited => ExitCode ?? 125,
        ExecOutcome.Signaled => 128 + (Signal ?? 0),
        ExecOutcome.TimedOut => 124,
        ExecOutcome.Canceled => 130,
        ExecOutcome.NotStarted => NotFound ? 127 : 126,
        _ => 125,
    };

    /// <value>For <see cref="ExecOutcome.NotStarted"/>: true if there is no such program, false if it is there and cannot be run.</value>
    public bool NotFound { get; init; }
}
