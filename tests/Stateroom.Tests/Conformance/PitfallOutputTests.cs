using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>Output that other systems change or cut. Each comment says what a naive implementation does.</summary>
public class PitfallOutputTests : ShellRoomTest
{
    /// <summary>A shell whose terminal, if it has one, passes bytes on as they are (termios(3), OPOST).</summary>
    private async Task<IShell> OpenRaw(string kind, string streams)
    {
        var shell = await Open(kind, streams);
        if (streams == "terminal") Assert.Equal("|exit 0", await Show(shell, "stty -opost </dev/tty"));
        return shell;
    }

    private static string Octal(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var b in bytes) text.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
        return $"printf '{text}'";
    }

    // One that trims, or draws what it read, loses the blanks, the text before the CR and the letter before the BS.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Leading_blanks_carriage_returns_and_backspaces_stay(string kind, string streams)
    {
        await using var shell = await OpenRaw(kind, streams);
        var text = "\n  \t lead\rover\bx\x1b[2K\x1b[31mred\f\v\0end  \n\n\n"u8.ToArray();
        Assert.Equal(text, (await Run(shell, Octal(text))).Stdout.ToArray());
    }

    // One that decodes as it reads fails on it, or puts U+FFFD in its place.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task All_bytes_come_back_unchanged(string kind, string streams)
    {
        await using var shell = await OpenRaw(kind, streams);
        var all = Enumerable.Range(0, 256).Concat(Enumerable.Range(0, 256).Reverse()).Select(i => (byte)i).ToArray();
        Assert.Equal(all, (await Run(shell, Octal(all))).Stdout.ToArray());
    }

    // One that decodes each piece by itself cuts the character that lies on the border.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task Characters_that_are_cut_by_the_border_of_a_piece_stay_whole(string kind, string streams)
    {
        await using var shell = await OpenRaw(kind, streams);
        var pieces = new MemoryStream();
        long next = 0;
        var result = await shell.RunAsync("python3 -c 'import os\nfor b in \"é€𝄞\".encode() * 20: os.write(1, bytes([b]))\nos.write(1, (\"€\" * 70000).encode())'", new ShellCommandOptions
        {
            OnOutput = chunk =>
            {
                Assert.Equal(next, chunk.Offset);
                next += chunk.Data.Length;
                pieces.Write(chunk.Data.Span);
            },
        }).WaitAsync(Patience.Limit);
        var expected = string.Concat(Enumerable.Repeat("é€𝄞", 20)) + new string('€', 70000);
        Assert.Equal(expected, result.StdoutText);
        Assert.Equal(Encoding.UTF8.GetBytes(expected), pieces.ToArray());
    }

    // One that types into an interactive shell gets its prompts back, or the marker that it looked for.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task No_prompt_and_no_word_of_ours_is_in_the_output(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        await Run(shell, "PS1='prompt> '; PS2='more> '; PROMPT_COMMAND='echo leaked'; precmd() { echo leaked; }; preexec() { echo leaked; }");
        Assert.Equal("x\ny\n|exit 0", await Show(shell, "echo x\necho y"));
        foreach (var option in (string[])["set -x", "set -v"])
        {
            await Run(shell, option);
            var result = await Run(shell, "echo traced");
            var text = result.StdoutText + result.StderrText;
            Assert.Equal("exit 0", Describe(result));
            Assert.Contains("traced", text, StringComparison.Ordinal);
            Assert.DoesNotContain("/run/", text, StringComparison.Ordinal);
            Assert.DoesNotContain("eval", text.Replace("(eval)", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("read", text, StringComparison.Ordinal);
        }
    }

    // One that tells either output or error drops this.
    [Theory, MemberData(nameof(Kinds))]
    public async Task Standard_error_of_a_command_that_succeeds_is_told(string kind)
    {
        await using var shell = await Open(kind);
        var result = await Run(shell, "echo out; echo warning >&2");
        Assert.Equal(("out\n", "warning\n", 0), (result.StdoutText, result.StderrText, result.ExitCode));
        var exec = await Room.RunAsync("echo out; echo warning >&2").WaitAsync(Patience.Limit);
        Assert.Equal(("out\n", "warning\n", 0), (exec.StdoutText, exec.StderrText, exec.ExitCode));
    }

    // One that keeps a ring of 64 KB has only the end.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task More_than_64_KB_is_kept_from_its_beginning(string kind, string streams)
    {
        await using var shell = await OpenRaw(kind, streams);
        var expected = string.Concat(Enumerable.Range(1, 100_000).Select(i => $"{i}\n"));
        Assert.Equal(expected, (await Run(shell, "seq 1 100000")).StdoutText);
        var both = await Run(shell, "seq 1 100000 >&2; seq 1 100000");
        Assert.Equal(streams == "terminal" ? expected + expected : expected, both.StdoutText);
        Assert.Equal(streams == "terminal" ? "" : expected, both.StderrText);
    }

    // One that looks for its marker in the output finds this one.
    [Theory, MemberData(nameof(Everywhere))]
    public async Task A_printed_number_newline_or_marker_is_only_output(string kind, string streams)
    {
        await using var shell = await Open(kind, streams);
        Assert.Equal("0123:0\n0\n|exit 4", await Show(shell, "printf '0123:0\\n0\\n'; (exit 4)"));
        // The very words that the shell was started with.
        Assert.Equal("exit 4", Describe(await Run(shell, "tr '\\0' '\\n' < /proc/$$/cmdline; cat /proc/$$/cmdline; (exit 4)")));
        await StillUsable(shell);
    }
}
