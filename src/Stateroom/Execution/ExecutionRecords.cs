using Stateroom.Native;
using Stateroom.Protocol;
using Stateroom.Sandboxes.Guests;

namespace Stateroom.Execution;

/// <summary>What is on record about the execs and shells of a session. What is no log, or a torn one, is passed over.</summary>
/// <param name="directory">Where the logs are.</param>
/// <param name="isAlive">Whether a room lives.</param>
internal sealed class ExecutionRecords(string directory, Func<string, bool> isAlive)
{
    /// <summary>All records, newest first.</summary>
    public IReadOnlyList<ExecutionInfo> List(CancellationToken cancellationToken)
    {
        var found = new List<ExecutionInfo>();
        foreach (var (id, path) in Files(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryRead(id, path) is { } info) found.Add(info);
        }
        found.Sort(static (a, b) => b.StartedAt.CompareTo(a.StartedAt) is var order and not 0 ? order : string.CompareOrdinal(b.Id, a.Id));
        return found;
    }

    /// <summary>The files that may be logs.</summary>
    public static IEnumerable<(string Id, string Path)> Files(string directory) => !Directory.Exists(directory) ? [] : Directory
        .EnumerateFiles(directory, "*" + ExecutionLog.Extension)
        .Select(path => (Id: Path.GetFileNameWithoutExtension(path), path))
        .Where(file => SessionId.IsValid(file.Id));

    private ExecutionInfo? TryRead(string id, string path)
    {
        try
        {
            using var log = LogReader.TryOpen(path);
            if (log?.Request is not { } request) return null;
            var running = log.State.End is null && log.IsWritten() && IsAlive(request.SandboxId);
            // An end that was not in the state a moment ago may be there now.
            var end = running ? null : log.Refresh() && log.State.End is { } known ? known : log.FindEnd(LogRecordKind.End, 0);
            var what = request.IsShell ? "shell" : $"'{(request.Arguments.Count > 0 ? request.Arguments[0] : "")}'";
            return new ExecutionInfo
            {
                Id = id,
                IsShell = request.IsShell,
                Arguments = request.Arguments,
                StartedAt = request.StartedAt,
                HasTerminal = request.HasTerminal,
                IsRunning = running,
                Result = end is { } ended ? EndResults.ToResult(id, what, ended)
                    : running ? null
                    : EndResults.Lost(id, "The room ended before the end was known."),
                // A shell's own end counts nothing of its commands.
                OutputBytes = end is { } told && !request.IsShell ? told.StdoutBytes + told.StderrBytes : CountOutput(path),
                BytesOnDisk = HostFile.Stat(log.File, path).BytesOnDisk,
            };
        }
        catch (IOException)
        {
            // A link, a directory, or a file that cannot be read: none of ours, and no reason to hide the others.
            return null;
        }
    }

    private static long CountOutput(string path)
    {
        using var log = LogReader.TryOpen(path);
        while (log?.TryNext(out _) == true) { }
        return log is null ? 0 : log.Stdout + log.Stderr;
    }

    private bool IsAlive(string sandboxId)
    {
        try
        {
            return SessionId.IsValid(sandboxId) && isAlive(sandboxId);
        }
        catch (ArgumentException)
        {
            // No name that a room could have.
            return false;
        }
    }
}
