namespace Stateroom.Guest.Shells;

/// <summary>
/// The loop that each kind of shell runs: tell the status of the command before, wait for a line on standard input, source the control file,
/// evaluate the command with its streams on FIFOs of its own.
/// </summary>
/// <remarks>
/// Standard output is the status pipe. The status is told in the loop's condition, so that a typed <c>break</c> or <c>continue</c> still reports;
/// the loops are such that <c>set -n</c> ends them instead of spinning; they are parsed as a whole before any alias exists.
/// <para>
/// INT has a trap that ends the whole command, as a terminal's interrupt does in an interactive shell, and not the shell; children get the default
/// again, since traps do not survive execve(2). It does nothing while <c>_gb</c> holds the status of an ended command; else it marks the status to
/// come (<c>_gs</c>) and leaves the command by an error where the shell unwinds to <c>eval</c>. bash does not unwind from a trap: there it goes on
/// with the outermost loop, and out of functions by a DEBUG trap, which <c>extdebug</c> lets skip what would run next.
/// </para>
/// </remarks>
internal static class ShellDriver
{
    private const string Streams = """<"$_gi" >"$_go" 2>"$_ge" """;

    private const string BashTrap =
        "builtin shopt -u extdebug; builtin trap - DEBUG; trap '((${#_gb})) || { _gs=-; ((${#FUNCNAME[@]})) && \\builtin shopt -s extdebug && " +
        "\\builtin trap \"((\\${#FUNCNAME[@]})) && \\builtin return 130; \\builtin trap - DEBUG; \\builtin continue 0 2>/dev/null\" DEBUG || \\builtin continue 99; }' INT; ";

    private const string ZshTrap = "trap '((${#_gb})) || { _gs=-; \\builtin : $((1/0)) } 2>/dev/null' INT; ";

    // Without a word that a function or an alias could replace: the first expansion is "130-" in a command only, the last one fails there.
    private const string PosixTrap = "_gs=; trap '{ _gx=${_gb:-130-}; _gs=$_gs${_gx##*[0-9]}; \\: ${_gb:?}; } 2>/dev/null' INT; ";

    /// <value>The line that the shell waits for.</value>
    public static ReadOnlySpan<byte> Wake => "x\n"u8;

    // How many loops a POSIX shell's "break 9" may leave.
    private const int Depth = 9;

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

    /// <summary>What ends the control file so that <c>$?</c> is the status of the command before, whatever the user has defined.</summary>
    /// <remarks>What a POSIX shell sources ends it with a failure under <c>set -e</c>, wherever it stands.</remarks>
    public static string Return(string path, int status) =>
        Path.GetFileName(path) is "bash" or "zsh" ? $"\\builtin return {status}\n" : $"\\return $((${{#_gt}}?0:{status}))\n";

    private static string Eval(string text) => $"eval '{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    // An interrupt that meets the shell just behind its command ends the read as an end of input would, or as if it had read. Few can be on their way
    // at once. What is read is an "x": where "read" is a function of the user's that cannot be taken away the shell ends instead of spinning.
    private static string Read(string read, string isRead, string exit)
    {
        var again = $"{isRead} || IFS= {read} -r _g";
        return $"_g=; IFS= {read} -r _g; {again}; {again}; {isRead} || {exit}";
    }

    // "!" keeps a failure of the whole text from counting for "set -e", which is in force inside and has ended the shell there if it had to. With it
    // the status that "set -n" leaves for all that follows is a failure, so that the loops are "while" here. In its POSIX
    // mode a syntax error would end the shell but for "command", with which "set -e" ends it by a whole text that fails.
    private static string Bash(string control, string mark) => BashTrap +
        $"while [[ x ]]; do [[ x ]]; while _gb=${{PIPESTATUS[0]}}; unset -f builtin; builtin echo \"{mark}$_gs$_gb\"; {Read("builtin read", "[[ $_g ]]", "${_gx?}")}; " +
        $"_gp=; [[ -o posix ]] && _gp=command; [[ x ]]; do _gb=; builtin . {control} && [[ x ]]; ! builtin ${{_gp:+\"$_gp\"}} eval \"$_g\" {Streams}; done; done; builtin eval \"$BASH_EXECUTION_STRING\"";

    // The others would ignore "set -e" inside; there a last line takes the status and succeeds.
    private static string Zsh(string control, string mark) => ZshTrap +
        $"until [[ '' ]]; do [[ x ]]; until _gb=${{_gb:-$?}}; unset -f builtin; builtin echo \"{mark}$_gs$_gb\"; {Read("builtin read", "[[ $_g ]]", "${_gx?}")}; [[ '' ]]; do " +
        $"{{ _gb= _gt=; [[ -o errexit ]] && _gt='\n\n{{ _gb=$?; }} 2>/dev/null'; builtin . {control} && [[ x ]]; builtin eval \"$_g$_gt\" {Streams}; _gb=${{_gb:-$?}}; }} " +
        "always { TRY_BLOCK_ERROR=0; }; done; done; builtin eval \"$ZSH_EXECUTION_STRING\"";

    // An error outside of an "eval" would be the end of the shell, so that all between the two changes of "_gb" lies in one. Its text is parsed when
    // there may be aliases.
    private static string Posix(string control, string mark)
    {
        var loop = $"until _gb=${{_gb:-$?}}; unset -f command; command echo \"{mark}$_gs$_gb\"; {Read("command read", "case $_g in '') ! :;; esac", "exit")}; " +
            "case $- in *e*) _gt='\n\n{ _gb=$?; } 2>/dev/null';; *) _gt=;; esac; ! :; do " +
            $"command eval '_gb=; \\command . {control} && \\:; \\command eval \"$_g$_gt\" {Streams}; _gb=${{_gb:-$?}}'; done";
        for (var depth = 0; depth < Depth; depth++) loop = $"until ! :; do :; {loop}; done";
        return $"{PosixTrap}alias source=.; {loop}";
    }
}
