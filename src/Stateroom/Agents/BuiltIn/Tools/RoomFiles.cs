using System.Globalization;

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

    /// <summary>Reads a whole regular file.</summary>
    /// <returns>The content, or why there is none.</returns>
    public static async Task<(ReadOnlyMemory<byte> Content, string? Error)> ReadAsync(ISandbox sandbox, string path, CancellationToken cancellationToken)
    {
        var read = await ScriptAsync(sandbox, """
            [ ! -e "$1" ] || [ -f "$1" ] || { echo "$1: not a regular file" >&2; exit 1; }
            head -c "$2" < "$1"
            """, [path, (MaxBytes + 1).ToString(CultureInfo.InvariantCulture)], null, cancellationToken).ConfigureAwait(false);
        if (!read.Success)
            return (default, $"Cannot read '{path}': {Reason(read)}");
        return read.StdoutBytes > MaxBytes
            ? (default, $"'{path}' is larger than {MaxBytes} bytes. Change it with a command, such as sed.")
            : (read.Stdout, null);
    }

    /// <summary>Writes its standard input to the file $1, if $2 bytes come: a host that died in the middle has sent less.</summary>
    internal const string WriteScript = """
        p=$1
        case $p in */*) d=${p%/*}; [ -n "$d" ] || d=/ ;; *) d=. ;; esac
        [ -d "$d" ] || mkdir -p -- "$d" || exit
        if [ -L "$p" ]; then
          # The dot keeps line ends at the end of a name.
          p=$(readlink -f -- "$1" && echo .) || { echo "$1: a link that leads nowhere" >&2; exit 1; }
          p=${p%??}
          d=${p%/*}
        fi
        t=$d/.stateroom-write.$$
        trap 'rm -f -- "$t"; exit 1' HUP INT TERM
        beside=yes
        if [ -e "$p" ]; then
          [ -f "$p" ] || { echo "$1: not a regular file" >&2; exit 1; }
          [ -w "$p" ] || { echo "$1: Permission denied" >&2; exit 1; }
          echo replaced
          [ "$(stat -c %h -- "$p")" = 1 ] && [ -w "$d" ] && rm -f -- "$t" && cp -p -- "$p" "$t" || beside=
        else
          [ -w "$d" ] || { echo "$1: Permission denied" >&2; exit 1; }
          rm -f -- "$t"
          : > "$t" || exit
        fi
        [ -n "$beside" ] || { cat > "$p"; exit; }
        cat > "$t" || { e=$?; rm -f -- "$t"; exit "$e"; }
        [ "$(wc -c < "$t")" -eq "$2" ] || { rm -f -- "$t"; echo "the content broke off" >&2; exit 1; }
        mv -fT -- "$t" "$p" || { e=$?; rm -f -- "$t"; exit "$e"; }
        """;

    /// <summary>Writes a file and the directories above it. Whoever reads it sees the old content or the new one: it is written beside and put in its
    /// place. An existing file keeps its mode; a link is followed. A file of several names, or in a directory that is not writable, is written where it is.</summary>
    public static Task<ExecResult> WriteAsync(ISandbox sandbox, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        ScriptAsync(sandbox, WriteScript, [path, content.Length.ToString(CultureInfo.InvariantCulture)], content, cancellationToken);

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
