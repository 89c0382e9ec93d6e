namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>Reads and writes files of the room by programs that run in it. Paths go in as arguments, contents as standard input: neither is ever
/// part of a shell text.</summary>
internal static class RoomFiles
{
    /// <summary>Most bytes of a file that a tool takes in.</summary>
    public const int MaxBytes = 4 << 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Runs a script whose arguments are $1, $2, ... in <c>sh</c>.</summary>
    public static Task<ExecResult> ScriptAsync(
        ISandbox sandbox, string script, IReadOnlyList<string> arguments, ReadOnlyMemory<byte>? input, CancellationToken cancellationToken) =>
        sandbox.ExecAsync(["sh", "-c", script, "sh", .. arguments], new ExecOptions { Input = input, Timeout = Limit, MaxOutputBytes = MaxBytes }, cancellationToken);

    /// <summary>Writes a file and the directories above it. An existing file keeps its mode and its links.</summary>
    public static Task<ExecResult> WriteAsync(ISandbox sandbox, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        ScriptAsync(sandbox, """
            d=${1%/*}
            [ "$d" = "$1" ] || [ -z "$d" ] || mkdir -p "$d" || exit
            [ ! -e "$1" ] || echo replaced
            cat > "$1"
            """, [path], content, cancellationToken);

    /// <summary>Why a script failed, in its own words.</summary>
    public static string Reason(ExecResult result)
    {
        var said = result.StderrText.Trim();
        return result.Outcome switch
        {
            ExecOutcome.Exited when said.Length > 0 => said,
            ExecOutcome.Exited => $"exit code {result.ExitCode}",
            ExecOutcome.TimedOut => $"not done after {Limit.TotalSeconds} s",
            ExecOutcome.Signaled => $"ended by signal {result.Signal}",
            _ => result.Error ?? result.Outcome.ToString(),
        };
    }
}
