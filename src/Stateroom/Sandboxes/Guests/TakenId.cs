using Stateroom.Execution;

namespace Stateroom.Sandboxes.Guests;

/// <summary>What an id stands for that is on record already: whoever asks for something else under it is told so, instead of an outcome that nobody knows.</summary>
internal static class TakenId
{
    /// <exception cref="ArgumentException">The id is a shell's.</exception>
    public static void CheckIsExec(string directory, string id)
    {
        if (IsShell(directory, id) is true)
            throw new ArgumentException($"The id '{id}' belongs to a shell of this session. Take another id for the exec, or AttachShellAsync to use the shell.");
    }

    /// <exception cref="ArgumentException">The id is an exec's.</exception>
    public static void CheckIsShell(string directory, string id)
    {
        if (IsShell(directory, id) is false) throw new ArgumentException($"The id '{id}' belongs to an exec of this session. Take another id for the shell.");
    }

    /// <summary>How a shell ended that does not live.</summary>
    public static ShellEndedException Ended(string directory, string id) =>
        new(id, Describe(ExecutionLog.ReadEnd(ExecutionLog.PathOf(directory, id)) is { } end ? EndResults.ToResult(id, "shell", end) : EndResults.Lost(id, "its room ended first")));

    /// <summary>An end in a few words.</summary>
    public static string Describe(ExecResult end) => end.Outcome switch
    {
        ExecOutcome.Exited => $"exit code {end.ExitCode}",
        ExecOutcome.Signaled => $"signal {end.Signal}",
        _ => end.Error ?? end.Outcome.ToString(),
    };

    private static bool? IsShell(string directory, string id)
    {
        using var log = LogReader.TryOpen(ExecutionLog.PathOf(directory, id));
        return log?.Request?.IsShell;
    }
}
