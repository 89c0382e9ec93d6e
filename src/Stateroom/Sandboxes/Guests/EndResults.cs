using Stateroom.Native;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Turns the guest's record of an end into the result that callers see.</summary>
internal static class EndResults
{
    public static ExecResult ToResult(string id, string what, EndRecord end) => new()
    {
        ExecId = id,
        Outcome = (ExecOutcome)end.Kind,
        ExitCode = end.Kind == EndKind.Exited ? end.ExitCode : null,
        Signal = end.Signal > 0 ? end.Signal : null,
        StdoutBytes = end.StdoutBytes,
        StderrBytes = end.StderrBytes,
        Duration = TimeSpan.FromMicroseconds(end.Microseconds),
        ShellEnded = end.ShellEnded,
        NotFound = end is { Kind: EndKind.NotStarted, Stage: StartStage.Program, Errno: Libc.ENOENT },
        Error = end.Kind == EndKind.NotStarted ? DescribeFailure(what, end.Errno, end.Stage)
            : end.LogIncomplete ? $"Not all output could be kept on disk: {WhyNotKept(end)}."
            : null,
    };

    /// <summary>Why a log is not complete.</summary>
    public static string WhyNotKept(EndRecord end) =>
        end.Errno != 0 ? Libc.Describe(end.Errno) : "the log reached its limit, and its file system cannot give up the oldest part";

    public static ExecResult Lost(string id, string reason) => new() { ExecId = id, Outcome = ExecOutcome.Lost, Error = reason };

    /// <summary>Why <paramref name="what"/> (program and directory as the caller named them) could not be started.</summary>
    public static string DescribeFailure(string what, int errno, StartStage stage) => stage switch
    {
        StartStage.Program when errno == Libc.ENOENT => $"{what}: not found in the room.",
        StartStage.Program => $"{what}: cannot be run, {Libc.Describe(errno)}.",
        StartStage.Directory => $"{what}: the working directory cannot be used, {Libc.Describe(errno)}.",
        StartStage.Id => $"{what}: the id is in use, or the shell has ended.",
        _ when errno is Libc.EAGAIN or Libc.ENOMEM or Libc.ENFILE or Libc.EMFILE or Libc.ENOSPC =>
            $"{what}: the room has run out of processes, memory, descriptors or space in /run, {Libc.Describe(errno)}.",
        _ => $"{what}: what the guest needs for it in the room, as /run/stateroom, pipes or a terminal, cannot be used, {Libc.Describe(errno)}.",
    };
}
