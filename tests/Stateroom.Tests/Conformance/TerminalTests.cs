using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>Programs and shells on a terminal.</summary>
public class TerminalTests : RoomTest
{
    private static readonly TerminalSize Small = new(40, 10);

    public static TheoryData<string> Kinds => ShellTests.Kinds;

    private Task<IShell> Open(string kind) => Room.OpenShellAsync(new ShellOptions { Shell = kind, Terminal = Small }).WaitAsync(Patience.Limit);

    private static async Task<string> Show(IShell shell, string command, string? input = null, TimeSpan? timeout = null)
    {
        var options = new ShellCommandOptions { Timeout = timeout, KillGrace = TimeSpan.FromMilliseconds(100), Input = input is null ? null : Encoding.UTF8.GetBytes(input) };
        var result = await shell.RunAsync(command, options).WaitAsync(Patience.Limit);
        Assert.Equal("", result.StderrText);
        return $"{result.StdoutText}|{Describe(result)}";
    }

    private Task<ExecResult> OnTerminal(string line, string? input = null) => Room.RunAsync(line, new ExecOptions
    {
        Terminal = Small, Input = input is null ? null : Encoding.UTF8.GetBytes(input),
    }).WaitAsync(Patience.Limit);

    /// <summary>Reads an exec's output on a thread of its own until its end; lets a test wait for a text.</summary>
    private sealed class Reading
    {
        private readonly StringBuilder _text = new();
        private readonly Lock _lock = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Reading(IExec exec) => Done = ReadAsync(exec);

        public Task<string> Done { get; }

        public async Task Until(string expected)
        {
            while (true)
            {
                Task more;
                lock (_lock)
                {
                    if (_text.ToString().Contains(expected, StringComparison.Ordinal)) return;
                    Assert.False(Done.IsCompleted, $"'{expected}' never came, but: {_text}");
                    more = _more.Task;
                }
                await Task.WhenAny(more, Done).WaitAsync(Patience.Limit);
            }
        }

        private async Task<string> ReadAsync(IExec exec)
        {
            await foreach (var chunk in exec.ReadOutputAsync())
            {
                lock (_lock)
                {
                    _text.Append(Encoding.UTF8.GetString(chunk.Data.Span));
                    _more.SetResult();
                    _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
            return _text.ToString();
        }
    }

    [Fact]
    public async Task A_program_has_a_terminal_of_the_size_that_was_asked_for()
    {
        var result = await OnTerminal("test -t 0 && test -t 1 && test -t 2 && stty size && echo $TERM && tty");
        Assert.Matches("^10 40\r\nxterm-256color\r\n/dev/pts/[0-9]+\r\n$", result.StdoutText);
        Assert.Equal("exit 0", Describe(result));
    }

    [Fact]
    public async Task Both_streams_of_a_program_are_one_in_the_order_it_wrote_them()
    {
        var result = await OnTerminal("echo a; echo b >&2; echo c");
        Assert.Equal(("a\r\nb\r\nc\r\n", ""), (result.StdoutText, result.StderrText));
    }

    [Fact]
    public async Task All_output_of_a_short_program_is_in_its_result()
    {
        // What a program wrote just before its end is still on its way through the terminal.
        for (var i = 0; i < 50; i++)
        {
            var result = await OnTerminal("printf '%1000s|%1000s|%1000s' a b c");
            Assert.Equal(3002, result.StdoutText.Length);
        }
    }

    [Fact]
    public async Task Whole_input_is_typed_and_ends_as_with_control_d()
    {
        var result = await OnTerminal("stty -echo; cat", "one\ntwo");
        Assert.EndsWith("one\r\ntwo", result.StdoutText);
        Assert.Equal("exit 0", Describe(result));
    }

    [Fact]
    public async Task A_resize_reaches_the_program_with_a_signal()
    {
        await using var exec = await Room.StartAsync(["bash", "-c", "trap 'stty size; exit 3' WINCH; echo ready; while :; do read -t 1 x; done"], new ExecOptions { Terminal = Small });
        var reading = new Reading(exec);
        await reading.Until("ready");
        await exec.ResizeAsync(new TerminalSize(100, 30));
        var result = await exec.WaitAsync().WaitAsync(Patience.Limit);
        Assert.Equal("exit 3", Describe(result));
        Assert.Contains("30 100", await reading.Done.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Keys_are_typed_raw_and_control_c_interrupts_what_is_in_front()
    {
        await using var exec = await Room.StartAsync(["bash", "--norc", "-i"], new ExecOptions { Terminal = Small, Environment = new Dictionary<string, string?> { ["PS1"] = "<$?> " } });
        var reading = new Reading(exec);
        await reading.Until("<0> ");
        await exec.WriteInputAsync("sleep 1000\r"u8.ToArray());
        await reading.Until("sleep 1000\r\n");
        await Until(async () => await Output("pgrep -c sleep || true") == "1");
        await exec.WriteInputAsync("\x03"u8.ToArray());
        await reading.Until("<130> ");
        await exec.WriteInputAsync("exit 7\r"u8.ToArray());
        Assert.Equal("exit 7", Describe(await exec.WaitAsync().WaitAsync(Patience.Limit)));
    }

    [Fact]
    public async Task Job_control_works_on_a_terminal()
    {
        await using var exec = await Room.StartAsync(["bash", "--norc", "-i"], new ExecOptions { Terminal = Small, Environment = new Dictionary<string, string?> { ["PS1"] = "<$?> " } });
        var reading = new Reading(exec);
        await reading.Until("<0> ");
        await exec.WriteInputAsync("sleep 1000\r"u8.ToArray());
        await Until(async () => await Output("pgrep -c sleep || true") == "1");
        await exec.WriteInputAsync("\x1a"u8.ToArray());
        await reading.Until("Stopped");
        await exec.WriteInputAsync("bg; kill %1; wait %1; echo status=$?; exit 4\r"u8.ToArray());
        Assert.Equal("exit 4", Describe(await exec.WaitAsync().WaitAsync(Patience.Limit)));
        // Not the shell's own message, which comes when the shell finds the time.
        Assert.Contains("status=143", await reading.Done.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Another_handle_types_into_the_same_terminal()
    {
        await using var exec = await Room.StartAsync(["cat"], new ExecOptions { Terminal = Small });
        await using var other = await Room.AttachAsync(exec.Id);
        var reading = new Reading(other);
        await exec.WriteInputAsync("first\r"u8.ToArray());
        await reading.Until("first\r\nfirst\r\n");
        await other.WriteInputAsync("second\r"u8.ToArray());
        await reading.Until("second\r\nsecond\r\n");
        await exec.DisposeAsync();
        await other.CloseInputAsync();
        Assert.Equal("exit 0", Describe(await other.WaitAsync().WaitAsync(Patience.Limit)));
    }

    [Fact]
    public async Task An_exec_without_a_terminal_has_no_size()
    {
        await using var exec = await Room.StartAsync(["sleep", "1000"]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => exec.ResizeAsync(Small));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Room.StartAsync(["true"], new ExecOptions { Terminal = new TerminalSize(0, 10) }));
        await exec.CancelAsync();
        await exec.WaitAsync().WaitAsync(Patience.Limit);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_shell_on_a_terminal_keeps_its_state_and_tells_each_status(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("|exit 3", await Show(shell, "cd /tmp; x=kept; (exit 3)"));
        Assert.Equal("3 kept /tmp\r\n|exit 0", await Show(shell, "echo $? $x $PWD"));
        Assert.Equal("10 40\r\n|exit 0", await Show(shell, "stty size </dev/tty"));
        Assert.Equal("no newline|exit 0", await Show(shell, "printf 'no newline'"));
        await shell.ResizeAsync(new TerminalSize(100, 30));
        Assert.Equal("30 100\r\n|exit 0", await Show(shell, "stty size </dev/tty"));
        Assert.Equal("bye\r\n|exit 5, shell ended", await Show(shell, "echo bye; exit 5"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task All_output_of_a_shells_command_is_in_its_own_result(string kind)
    {
        await using var shell = await Open(kind);
        for (var i = 0; i < 50; i++)
        {
            var result = await shell.RunAsync($"/usr/bin/printf '%1000s|%1000s|{i:d4}' a b").WaitAsync(Patience.Limit);
            Assert.EndsWith($"|{i:d4}", result.StdoutText);
            Assert.Equal(2006, result.StdoutText.Length);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_shells_command_on_a_terminal_reads_what_is_typed_and_nothing_without(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("|exit 0", await Show(shell, "cat"));
        Assert.Equal("a\r\nb\r\na\r\nb\r\n|exit 0", (await Show(shell, "cat", "a\nb\n")).Replace("a\r\na\r\nb\r\nb\r\n", "a\r\nb\r\na\r\nb\r\n", StringComparison.Ordinal));
        Assert.Equal("after\r\n|exit 0", await Show(shell, "echo after"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_timeout_on_a_terminal_leaves_the_shell_with_its_state(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "x=kept");
        Assert.Equal("partial\r\n|TimedOut", await Show(shell, "echo partial; sleep 1000", timeout: TimeSpan.FromMilliseconds(200)));
        Assert.Equal("kept\r\n|exit 0", await Show(shell, "echo $x"));
    }
}
