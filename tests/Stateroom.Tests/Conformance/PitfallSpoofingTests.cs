namespace Stateroom.Tests.Conformance;

/// <summary>
/// Things that users do to a shell and that forge or lose a status elsewhere, where it is printed by the very shell that they were done to.
/// </summary>
[Trait("Runs", "once")]
public class PitfallSpoofingTests : ShellRoomTest
{
    protected override SandboxOptions Options => base.Options with { Limits = new SandboxLimits { TmpBytes = 1 << 20 } };

    /// <summary>Does each thing to a shell of its own; then a status must be true, and nothing of it printed.</summary>
    private async Task StatusStaysTrue(string kind, string streams, params IEnumerable<string> tricks)
    {
        var wrong = new List<string>();
        foreach (var trick in tricks)
        {
            await using var shell = await Open(kind, streams);
            var tricked = await Run(shell, trick);
            if (tricked.ShellEnded || tricked.Outcome != ExecOutcome.Exited)
            {
                wrong.Add($"{trick}: {Describe(tricked)} {tricked.StderrText}");
                continue;
            }
            foreach (var round in (int[])[1, 2])
            {
                var shown = await Show(shell, "/bin/sh -c '/bin/echo ran; exit 17'");
                if (shown != "ran\n|exit 17") wrong.Add($"{trick}, then {round}: {shown}");
            }
        }
        Assert.Equal("", string.Join("\n", wrong));
    }

    // A wrapper's own unset variables, words with blanks, failing tests and traced lines.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Options_forge_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
    [
        "set -f", "set -u", "set -a", "set -C", "set -f; set -u; set -a; set -C", "set -m",
        .. kind switch
        {
            "bash" => ["set -o posix", "shopt -s extglob nullglob failglob dotglob", "shopt -u expand_aliases", "set -o pipefail", "set -E -T", "shopt -s lastpipe"],
            "zsh" => ["setopt ksharrays shwordsplit", "emulate sh", "emulate ksh", "setopt globsubst nullglob", "unsetopt function_argzero", "setopt nounset"],
            _ => (string[])[],
        },
    ]);

    // The trace of the wrapper's own lines, and the lines themselves, are taken for output.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Tracing_forges_nothing(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        foreach (var option in (string[])["set -x", "set -v", "set -x -v"])
        {
            await Run(shell, option);
            Assert.EndsWith("|exit 17", await Show(shell, "/bin/sh -c 'exit 17'"));
        }
    }

    // The command that prints the status fails, and with it the shell, before the status is told.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Errexit_ends_the_shell_with_the_status_of_what_failed(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("|exit 0", await Show(shell, "set -e"));
        Assert.Equal("x\n|exit 0", await Show(shell, "false || echo x"));
        Assert.Equal("ran\n|exit 17, shell ended", await Show(shell, "/bin/sh -c 'echo ran; exit 17'"));
    }

    // The shell reads on and runs nothing: no marker ever.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Noexec_is_told_as_the_end_of_the_shell(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        var result = await Run(shell, "set -n");
        if (!result.ShellEnded) result = await Run(shell, "touch ran");
        Assert.True(result.ShellEnded, Describe(result));
        await Assert.ThrowsAsync<ShellEndedException>(() => shell.RunAsync("echo x"));
        Assert.Equal("no", await Output("test -e ran && echo yes || echo no"));
    }

    private static readonly string[] Words = ["echo", "eval", "trap", "command", "return", "builtin", "unset", "read", "printf", ":", ".", "exit", "test", "[", "set", "source", "case", "cat", "true"];

    // A wrapper that calls echo or eval calls the user's.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Functions_named_like_what_a_wrapper_calls_forge_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
        Words.SelectMany(word => (string[])[$"{word}() {{ /bin/echo forged; }}", $"{word}() {{ return 0; }}", $"{word}() {{ return 1; }}"]));

    // The same with aliases, which take part in parsing.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Aliases_named_like_what_a_wrapper_calls_forge_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
        Words.SelectMany(word => (string[])[$"alias -- {word}='/bin/echo forged'", $"alias {word}=/bin/true", $"alias {word}=/bin/false"]));

    // A wrapper that calls a program, or that splits what it reads.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Variables_forge_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
        "PATH=", "unset PATH HOME", "IFS=x", "IFS=0123456789", "IFS=", "IFS=:/_", "PS4=forged", "unset IFS", "export LC_ALL=C", "ENV=/nowhere; BASH_ENV=/nowhere; ZDOTDIR=/nowhere",
        "set -- a b c", "set --", "cd /proc/self/fd", "umask 777");

    // A status that comes on a descriptor which the user may close.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Closing_descriptors_forges_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
        "exec 0<&-", "exec 1>&-", "exec 2>&-", "exec 0<&- 1>&- 2>&-", "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-",
        "exec 1>/dev/full", "exec 0</dev/zero", "exec 2>&1 1>&-");

    // bash keeps the shell's own streams from 10 on while a command runs and lets it close them: one that relies on them waits for ever.
    [Theory, InlineData("pipes"), InlineData("terminal")]
    public async Task Closing_the_descriptors_that_bash_keeps_for_itself_ends_the_shell_and_is_told(string streams)
    {
        await using var shell = await Open("bash", streams);
        var result = await Run(shell, "echo before; exec 10>&- 11>&- 12>&- 13>&-");
        Assert.True(result is { Outcome: ExecOutcome.Exited, ShellEnded: true }, Describe(result));
        Assert.StartsWith("before", result.StdoutText, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ShellEndedException>(() => shell.RunAsync("echo x"));
    }

    // A status that any output on that descriptor forges.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Writing_to_every_descriptor_forges_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
        "for n in 3 4 5 6 7 8 9; do eval \"/bin/echo 0 >&$n\"; done 2>/dev/null; :",
        kind is "bash" or "zsh" or "ash" ? "for n in 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do eval \"/bin/echo 0 >&$n\"; done 2>/dev/null; :" : ":",
        "/bin/sh -c 'printf \"0\\n1\\n:2\\n\" > /proc/'$$'/fd/1' 2>/dev/null; :");

    // The shell's own traps run for the wrapper's lines too.
    [Theory, MemberData(nameof(Everywhere))]
    public Task Traps_forge_nothing(string kind, string streams) => StatusStaysTrue(kind, streams,
    [
        "trap '' INT", "trap '' INT TERM HUP QUIT PIPE", "trap 'echo forged' EXIT", "trap 'exit 0' USR1", "trap - INT TERM",
        .. kind == "bash" ? (string[])["trap 'false' DEBUG", "trap 'true' ERR", "trap 'return 0' RETURN"] : [],
    ]);

    // "fc" runs the last line again: a wrapper's, if it typed one.
    [Theory, MemberData(nameof(Everywhere))]
    public Task History_holds_nothing_that_could_be_run_again(string kind, string streams) => StatusStaysTrue(kind, streams,
        "fc -l; :", "fc -s; :", "fc -e /bin/true; :", "fc -e -; :", "set -o history; echo x; fc -s echo; :", "history -c; :");

    // One that asks the shell for the status of what killed it.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_killed_shell_is_told_as_a_signal(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("before\n|signal 9, shell ended", await Show(shell, "echo before; kill -9 $$"));
    }

    // The shell is gone and what is in its place never answers.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Exec_replaces_the_shell_and_its_end_is_the_shells(string kind, string streams)
    {
        await using (var replaced = await Open(kind, streams)) Assert.Equal("new\n|exit 6, shell ended", await Show(replaced, "exec sh -c 'echo new; exit 6'"));
        await using var sleeping = await Open(kind, streams);
        Assert.Equal("|TimedOut, shell ended", await Show(sleeping, "exec sleep 1000", Brief));
        await Assert.ThrowsAsync<ShellEndedException>(() => sleeping.RunAsync("echo x"));
        Assert.Equal("0", await Sleeping());
    }

    // One that keeps its scripts and statuses in /tmp.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_full_tmp_costs_nothing(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "dd if=/dev/zero of=/tmp/full bs=64k 2>/dev/null");
        Assert.Equal("full\n|exit 0", await Show(shell, "echo x > /tmp/more 2>/dev/null || echo full"));
        await StillUsable(shell);
        var text = new string('a', 200_000);
        Assert.Equal("200000\n|exit 0", await Show(shell, $"x='{text}'; echo ${{#x}}"));
    }

    // One whose control files lie where the room can fill the disk runs half a command, or the one before again.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task With_a_full_run_a_command_runs_whole_or_is_told_as_not_started(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "dd if=/dev/zero of=/run/full bs=64k 2>/dev/null; n=0");
        var ran = 0;
        foreach (var length in (int[])[10, 5_000, 50_000, 200_000])
        {
            var result = await Run(shell, $": '{new string('a', length)}'; n=$((n+1)); (exit 17)");
            Assert.True(result is { ExitCode: 17 } or { Outcome: ExecOutcome.NotStarted }, $"{length}: {Describe(result)}");
            if (result.ExitCode == 17) ran++;
            else Assert.Contains("ENOSPC", result.Error);
        }
        await Output("rm /run/full");
        Assert.Equal($"{ran}\n|exit 0", await Show(shell, "echo $n"));
        await StillUsable(shell);
    }

    // One that needs its files hangs without them.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Removing_the_shells_control_files_costs_nothing(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "rm -rf /run/*");
        Assert.Equal("still here\n|exit 2", await Show(shell, "echo still here; (exit 2)"));
        await Output("rm -rf /run/*");
        await StillUsable(shell);
    }
}
