namespace Stateroom;

/// <summary>A program could not be started in a room.</summary>
/// <param name="message">Which program, and why.</param>
/// <param name="notFound">True if there is no such program.</param>
public sealed class ExecStartException(string message, bool notFound) : StateroomException("exec_not_started", message)
{
    /// <summary>True if there is no such program; false if it is there and cannot be run.</summary>
    public bool NotFound { get; } = notFound;
}

/// <summary>A room has no exec of that id.</summary>
/// <param name="execId">The exec's id.</param>
public sealed class ExecNotFoundException(string execId) : StateroomException("exec_not_found", $"Exec '{execId}' not found in this session.");

/// <summary>The shell had ended before the command was given to it.</summary>
/// <param name="shellId">The shell's id.</param>
/// <param name="how">How it ended.</param>
public sealed class ShellEndedException(string shellId, string how)
    : StateroomException("shell_ended", $"Shell '{shellId}' has ended ({how}). Open a new one, under another id.");

/// <summary>The caller's token ended an exec or a shell command.</summary>
/// <param name="result">What there was until then.</param>
/// <param name="token">The token.</param>
public sealed class ExecCanceledException(ExecResult result, CancellationToken token)
    : OperationCanceledException("The command was canceled and its processes ended.", token)
{
    /// <summary>What there was until then, with outcome <see cref="ExecOutcome.Canceled"/>.</summary>
    public ExecResult Result { get; } = result;
}
