namespace Stateroom.Tests.Conformance;

/// <summary>Replies that other systems lose, or wait for without end. Each comment says what a naive implementation does.</summary>
public class PitfallReplyTests : ShellRoomTest
{
    // One that reads lines waits for a newline that never comes, or finds its marker behind the text on the same line.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Output_without_a_final_newline_is_not_held_back(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("no newline|exit 0", await Show(shell, "printf 'no newline'"));
        await StillUsable(shell);
    }

    // One that appends "; echo MARKER" puts it into the comment.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_trailing_comment_takes_nothing_with_it(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("a\n|exit 0", await Show(shell, "echo a # trailing"));
        Assert.Equal("|exit 0", await Show(shell, "# nothing else"));
        Assert.Equal("|exit 0", await Show(shell, ""));
        Assert.Equal("|exit 0", await Show(shell, " \n\t\n"));
        await StillUsable(shell);
    }

    // One that appends anything to the last line spoils the delimiter.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_heredoc_ends_where_it_ends(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("in 2\nfor 1\nfor 2\n|exit 0", await Show(shell, "cat <<EOF\nin $((1+1))\nEOF\nfor i in 1 2\ndo\n  echo for $i\ndone"));
        Assert.Equal("last $x\n|exit 0", await Show(shell, "cat <<'EOF'\nlast $x\nEOF"));
        await StillUsable(shell);
    }

    // One that types into a shell has its marker swallowed by the open quote, and waits for ever.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Syntax_errors_and_unmatched_quotes_fail_and_the_shell_goes_on(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        foreach (var broken in (string[])["if; then", "echo \"open", "echo 'open", ")", "echo $(", "{ echo a", "echo a |", "case x in", "cat <<EOF | ("])
        {
            var result = await Run(shell, broken);
            Assert.True(result is { Outcome: ExecOutcome.Exited, ExitCode: > 0, ShellEnded: false }, $"{broken}: {Describe(result)}");
            Assert.NotEqual("", result.StderrText + result.StdoutText);
        }
        await StillUsable(shell);
    }

    // One that waits for its marker waits for a shell that is gone.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Exit_ends_the_shell_and_its_code_is_told_at_once(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("bye\n|exit 5, shell ended", await Show(shell, "echo bye; exit 5"));
        Assert.Equal(5, (await shell.Ended.WaitAsync(Patience.Limit)).ExitCode);
        await Assert.ThrowsAsync<ShellEndedException>(() => shell.RunAsync("echo x"));
    }

    // The shell ends before it prints the marker.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_failure_under_errexit_ends_the_shell_as_it_would_when_typed(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("|exit 1, shell ended", await Show(shell, "set -e; false; echo not reached"));
    }

    // A terminal in its canonical mode cuts what is typed at 4,095 bytes (termios(3)); an argument ends at 128 KiB (execve(2)).
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_long_command_is_taken_whole(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        foreach (var length in (int[])[4094, 4095, 4096, 5000, 99_990, 100_010, 131_072, 1 << 20])
        {
            var text = new string('a', length - 1);
            Assert.Equal($"{length}\n|exit 0", await Show(shell, $"x='{text}b'; echo ${{#x}}"));
        }
        Assert.Equal("ok\n|exit 0", await Show(shell, "/bin/echo ok"));
    }

    // A wrapper that appends ";" makes this a syntax error; one that waits for the end of the output waits for the job.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_command_in_the_background_returns_at_once(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("|exit 0", await Show(shell, "sleep 1000 &"));
        Assert.Equal("alive\n|exit 0", await Show(shell, "kill -0 $! && echo alive"));
        await StillUsable(shell);
    }

    // A wrapper in a loop or a function of its own is left by these, and never answers again.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Break_continue_and_return_outside_of_anything_cost_no_reply(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        foreach (var word in (string[])["break", "continue", "while :; do break 9; done", "for i in 1 2; do continue 9; done", "break 5", "continue 5"])
        {
            var result = await Run(shell, word);
            Assert.True(result is { Outcome: ExecOutcome.Exited, ShellEnded: false }, $"{word}: {Describe(result)} {result.StderrText}");
            await StillUsable(shell);
        }
        // bash says that there is nothing to return from; the others take it for exit.
        var returned = await Run(shell, "return 3");
        Assert.Equal(kind == "bash" ? "exit 2" : "exit 3, shell ended", Describe(returned));
    }

    // One that lets a command read what its own words are typed on loses the next ones.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_command_that_reads_does_not_hang_and_takes_nothing_of_what_follows(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("end\n|exit 0", await Show(shell, "cat; read line; echo end"));
        await StillUsable(shell);
    }
}
