namespace Stateroom.Guest.Shells;

/// <summary>
/// The loop that each kind of shell runs: tell the status of the command before, wait for a newline on standard input, source the control file,
/// evaluate the command with its streams on FIFOs of its own.
/// </summary>
/// <remarks>
/// Standard output is the status pipe. The status is told in the loop's condition, so that a typed <c>break</c> or <c>continue</c> still reports;
/// the loops are <c>until</c>, so that <c>set -n</c> ends them instead of spinning; they are parsed as a whole before any alias exists. INT has a
/// trap, so that an interrupt ends the command and not the shell; children get the default again, since traps do not survive execve(2).
/// </remarks>
internal static class ShellDriver
{
    private const string Streams = "<\"$_gi\" >\"$_go\" 2>\"$_ge\"";

    /// <summary>The arguments for a shell. One that its name does not tell says itself, at its start, what it is: bash, zsh, or a POSIX shell.</summary>
    /// <param name="path">The shell's program.</param>
    /// <param name="control">Path of the control file.</param>
    /// <param name="mark">What stands before a status: a value that no accident prints.</param>
    public static string[] Arguments(string path, string control, string mark) => Path.GetFileName(path) switch
    {
        "bash" => [path, "--noprofile", "--norc", "-O", "expand_aliases", "-c", Bash(control, mark), "bash"],
        "zsh" => [path, "-f", "-c", Zsh(control, mark), "zsh"],
        "busybox" => [path, "ash", "-c", Posix(control, mark), "ash"],
        "sh" or "dash" or "ash" => [path, "-c", Posix(control, mark), Path.GetFileName(path)],
        var other => [path, "-c", $"case $BASH_VERSION/$ZSH_VERSION in ?*/) {Eval(Bash(control, mark))};; /?*) {Eval(Zsh(control, mark))};; *) {Eval(Posix(control, mark))};; esac", other],
    };

    private static string Eval(string text) => $"eval '{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // An interrupt that meets the shell just behind its command ends the read as an end of input would. Few can be on their way at once.
    private static string Read(string read) => $"{read} -r _g || {read} -r _g || {read} -r _g";

    private static string Bash(string control, string mark) =>
        $"trap : INT; until [[ '' ]]; do [[ x ]]; until builtin echo \"{mark}$?\"; {Read("builtin read")} || builtin exit; [[ '' ]]; do " +
        $"builtin . {control}; builtin command eval \"$_g\" {Streams}; done; done";

    private static string Zsh(string control, string mark) =>
        $"trap : INT; until [[ '' ]]; do [[ x ]]; until builtin echo \"{mark}$?\"; {Read("builtin read")} || builtin exit; [[ '' ]]; do " +
        $"builtin . {control}; {{ builtin eval \"$_g\" {Streams}; }} always {{ TRY_BLOCK_ERROR=0; }}; done; done";

    private static string Posix(string control, string mark) =>
        $"trap : INT; alias source=.; until ! :; do :; until command echo \"{mark}$?\"; {Read("command read")} || exit; ! :; do " +
        $"command . {control}; command eval \"$_g\" {Streams}; done; done";
}
