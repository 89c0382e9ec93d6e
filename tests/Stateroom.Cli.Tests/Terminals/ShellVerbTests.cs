using System.Globalization;
using System.Text.RegularExpressions;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests.Terminals;

/// <summary>shell, at a real terminal.</summary>
public sealed class ShellVerbTests : IAsyncLifetime
{
    private const string Detach = "\x1d";

    private readonly CliHome _home = new();

    public async ValueTask InitializeAsync()
    {
        (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();
        // A prompt that tells the last status, and nothing of this host.
        (await _home.RunAsync("run", "web", "--", "printf 'PS1=\"<\\$?> \"\\nbind \"set enable-bracketed-paste off\"\\n' > $HOME/.bashrc")).Succeeded();
    }

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task Commands_are_typed_and_their_output_is_shown()
    {
        using var terminal = PseudoTerminal.Start(_home, "shell", "web");
        await terminal.Until("Ctrl-] detaches");
        await terminal.Until("<0> ");
        terminal.Type("echo $((6*7))\r");
        await terminal.Until("\r\n42\r\n");
        terminal.Type("tty; false\r");
        await terminal.Until("/dev/pts/");
        await terminal.Until("<1> ");
        terminal.Type("ls --color=auto -d /etc\r");
        await terminal.Until("\e[01;34m/etc");
    }

    [Fact]
    public async Task The_exit_code_of_the_shell_is_the_commands_and_the_next_call_starts_a_new_one()
    {
        using var terminal = PseudoTerminal.Start(_home, "shell", "web");
        await terminal.Until("<0> ");
        terminal.Type("x=kept; exit 3\r");
        Assert.Equal(3, await terminal.ExitCode());
        using var next = PseudoTerminal.Start(_home, "shell", "web");
        await next.Until("<0> ");
        next.Type("echo [$x]; kill -9 $$\r");
        await next.Until("\r\n[]\r\n");
        Assert.Equal(137, await next.ExitCode());
    }

    [Fact]
    public async Task Without_a_file_that_sets_one_the_prompt_names_user_session_and_directory()
    {
        (await _home.RunAsync("run", "web", "--", "rm $HOME/.bashrc")).Succeeded();
        using var terminal = PseudoTerminal.Start(_home, "shell", "web");
        await terminal.Until("room@web:/workspace$ ");
        terminal.Type("cd; echo [$PROMPT_COMMAND]\r");
        await terminal.Until("[]\r\n");
        await terminal.Until("room@web:~$ ");
        terminal.Type("echo exported=$(env | grep -c PS1)\r");
        await terminal.Until("exported=0\r\n");
    }

    [Fact]
    public async Task In_a_new_room_zsh_takes_the_first_keys_for_commands()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh"), "There is no zsh here.");
        using (var terminal = PseudoTerminal.Start(_home, "shell", "web", "--shell", "zsh"))
        {
            await terminal.Until("room% ");
            terminal.Type("echo $((6*7)); exit\r");
            await terminal.Until("\r\n42\r\n");
            Assert.Equal(0, await terminal.ExitCode());
        }
        // A file of the user's counts from then on.
        (await _home.RunAsync("run", "web", "--", "echo 'PS1=\"mine> \"' > $HOME/.zshrc")).Succeeded();
        using var again = PseudoTerminal.Start(_home, "shell", "web", "--shell", "zsh");
        await again.Until("mine> ");
    }

    [Fact]
    public async Task The_room_sees_the_terminals_size_and_its_changes()
    {
        using var terminal = PseudoTerminal.Start(_home, 100, 30, "shell", "web");
        await terminal.Until("<0> ");
        terminal.Type("stty size\r");
        await terminal.Until("\r\n30 100\r\n");
        terminal.Type("until stty size | grep '^40 120'; do :; done; echo changed\r");
        await terminal.Until("changed\r\n");
        terminal.Resize(120, 40);
        await terminal.Until("40 120\r\nchanged\r\n");
    }

    [Fact]
    public async Task Ctrl_C_interrupts_and_Ctrl_Z_stops_what_runs_in_front()
    {
        using var terminal = PseudoTerminal.Start(_home, "shell", "web");
        await terminal.Until("<0> ");
        terminal.Type("sleep 1000\r");
        await SleepsAsync();
        terminal.Type("\x03");
        await terminal.Until("<130> ");
        terminal.Type("sleep 1000\r");
        await SleepsAsync();
        terminal.Type("\x1a");
        await terminal.Until("Stopped");
        await terminal.Until("<148> ");
        terminal.Type("fg\r");
        await terminal.Until("\r\nsleep 1000\r\n");
        terminal.Type("\x03");
        await terminal.Until("<130> ");
        terminal.Type("\x04");
        Assert.Equal(130, await terminal.ExitCode());
    }

    [Theory]
    [InlineData("'stateroom shell web' comes back.")]
    [InlineData("'stateroom shell web --name server' comes back.", "--name", "server")]
    public async Task A_detach_says_what_comes_back_to_it(string told, params string[] name)
    {
        using var terminal = PseudoTerminal.Start(_home, ["shell", "web", .. name]);
        await terminal.Until("<0> ");
        terminal.Type(Detach);
        await terminal.Until(told);
    }

    [Fact]
    public async Task After_a_detach_the_shell_goes_on_and_the_next_call_shows_what_happened()
    {
        using (var terminal = PseudoTerminal.Start(_home, "shell", "web"))
        {
            var before = terminal.Settings;
            await terminal.Until("<0> ");
            Assert.NotEqual(before, terminal.Settings);
            terminal.Type("x=kept; (echo $BASHPID > pid; read y < <(until [ -e go ]; do sleep 0.02; done); seq 1000; touch done) &\r");
            await terminal.Until("<0> ");
            terminal.Type(Detach);
            await terminal.Until("Detached.");
            Assert.Equal(0, await terminal.ExitCode());
            Assert.Equal(before, terminal.Settings);
        }
        // Printed while nobody is there, and more than a screen: what scrolled off is shown as well.
        (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "touch go; until [ -e done ]; do sleep 0.01; done")).Succeeded();
        using var again = PseudoTerminal.Start(_home, "shell", "web");
        await again.Until(string.Join("\r\n", Enumerable.Range(100, 901)));
        again.Type("echo [$x]\r");
        await again.Until("\r\n[kept]\r\n");
    }

    [Fact]
    public async Task No_line_is_lost_or_doubled_for_who_leaves_and_comes_back()
    {
        using (var first = PseudoTerminal.Start(_home, "shell", "web"))
        {
            await first.Until("<0> ");
            // It waits for a sign now and then, so that there is something left when the second comes.
            first.Type("for i in {0..3999}; do echo line $i end; [ $i != 900 ] || until [ -e go ]; do sleep 0.02; done; done\r");
            await first.Until("line 500 end\r\n");
            first.Type(Detach);
            Assert.Equal(0, await first.ExitCode());
        }
        using var second = PseudoTerminal.Start(_home, "shell", "web");
        await second.Until("line 900 end\r\n");
        (await _home.RunAsync("run", "web", "--", "touch go")).Succeeded();
        await second.Until("line 3999 end\r\n");
        var numbers = Regex.Matches(second.Shown, "line ([0-9]+) end").Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(numbers[0], 4000 - numbers[0]), numbers);
    }

    [Fact]
    public async Task Two_terminals_show_the_same_shell()
    {
        using var first = PseudoTerminal.Start(_home, "shell", "web");
        await first.Until("<0> ");
        using var second = PseudoTerminal.Start(_home, "shell", "web");
        await second.Until("<0>");
        second.Type("echo from $((1+1))\r");
        await first.Until("from 2\r\n");
        await second.Until("from 2\r\n");
        first.Type(Detach);
        Assert.Equal(0, await first.ExitCode());
        second.Type("exit 4\r");
        Assert.Equal(4, await second.ExitCode());
    }

    [Fact]
    public async Task Terminals_of_other_names_have_shells_of_their_own()
    {
        using var one = PseudoTerminal.Start(_home, "shell", "web", "--name", "one", "--shell", "dash");
        await one.Until("$ ");
        using var two = PseudoTerminal.Start(_home, "shell", "web", "--name", "two");
        await two.Until("<0> ");
        one.Type("echo $0; exit 1\r");
        await one.Until("\r\ndash\r\n");
        Assert.Equal(1, await one.ExitCode());
        two.Type("exit 2\r");
        Assert.Equal(2, await two.ExitCode());
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_signal_leaves_the_terminal_as_it_was_and_the_shell_running(int signal)
    {
        using (var terminal = PseudoTerminal.Start(_home, "shell", "web"))
        {
            var before = terminal.Settings;
            await terminal.Until("<0> ");
            terminal.Type("x=kept\r");
            await terminal.Until("<0> ");
            terminal.Signal(signal);
            Assert.Equal(128 + signal, await terminal.ExitCode());
            Assert.Equal(before, terminal.Settings);
        }
        using var again = PseudoTerminal.Start(_home, "shell", "web");
        await again.Until("<0>");
        again.Type("echo [$x]\r");
        await again.Until("[kept]\r\n");
    }

    [Fact]
    public async Task Every_key_goes_through_also_a_paste_of_a_megabyte()
    {
        using var terminal = PseudoTerminal.Start(_home, "shell", "web");
        await terminal.Until("<0> ");
        terminal.Type("stty raw -echo; echo re''ady; head -c 1048576 > pasted; stty sane; echo do''ne\r");
        await terminal.Until("ready");
        var paste = new byte[1 << 20];
        for (var i = 0; i < paste.Length; i++) paste[i] = (byte)(i * 7);
        // The key that detaches is the only one that cannot be typed.
        paste.AsSpan().Replace((byte)Detach[0], (byte)'x');
        await Task.Run(() => terminal.Type(paste)).WaitAsync(Patience.Limit);
        await terminal.Until("done");
        Assert.Equal(paste, await File.ReadAllBytesAsync(Path.Combine(_home.Home, "sessions", "web", "workspace", "pasted")));
    }

    [Fact]
    public async Task Other_keys_may_detach()
    {
        using var terminal = PseudoTerminal.Start(_home, "shell", "web", "--detach-keys", "ctrl-p,ctrl-q");
        await terminal.Until("Ctrl-P Ctrl-Q detaches");
        await terminal.Until("<0> ");
        terminal.Type("cat -v\r");
        await terminal.Until("cat -v\r\n");
        terminal.Type("\x1d\x10x\r");
        await terminal.Until("\r\n^]^Px\r\n");
        terminal.Type("\x10");
        terminal.Type("\x11");
        await terminal.Until("Detached.");
        Assert.Equal(0, await terminal.ExitCode());
    }

    [Fact]
    public async Task A_program_that_fills_the_screen_is_left_behind_and_shown_again()
    {
        using (var terminal = PseudoTerminal.Start(_home, "shell", "web"))
        {
            await terminal.Until("<0> ");
            terminal.Type("seq 30 > file; printf '\\e[?1000h'; less file\r");
            await terminal.Until("\e[?1049h");
            await terminal.Until("23");
            terminal.Type(Detach);
            Assert.Equal(0, await terminal.ExitCode());
            var end = terminal.Shown;
            Assert.True(end.LastIndexOf("\e[?1049l", StringComparison.Ordinal) > end.LastIndexOf("\e[?1049h", StringComparison.Ordinal));
            Assert.Contains("\e[?1000l", end, StringComparison.Ordinal);
        }
        using var again = PseudoTerminal.Start(_home, "shell", "web");
        await again.Until("\e[?1049h");
        await again.Until("\r\n22\r\n23\r\n");
        await again.Until("\e[?1000h");
        again.Type("q");
        await again.Until("\e[?1049l");
        await again.Until("<0> ");
    }

    [Fact]
    public async Task A_room_that_is_closed_ends_it_with_one_line()
    {
        using var terminal = PseudoTerminal.Start(_home, "shell", "web");
        var before = terminal.Settings;
        await terminal.Until("<0> ");
        (await _home.RunAsync("session", "close", "web")).Succeeded();
        Assert.Equal(125, await terminal.ExitCode());
        await terminal.Until("[sandbox_lost]");
        Assert.Equal(before, terminal.Settings);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_with_the_way_out()
    {
        var result = await _home.RunWithInputAsync("ls\n"u8.ToArray(), "shell", "web");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("stateroom exec", result.Stderr, StringComparison.Ordinal);
        using var keys = PseudoTerminal.Start(_home, "shell", "web", "--detach-keys", "x");
        await keys.Until("ctrl-]");
        Assert.Equal(2, await keys.ExitCode());
        using var missing = PseudoTerminal.Start(_home, "shell", "web", "--shell", "no-such-shell");
        await missing.Until("no-such-shell");
        Assert.Equal(127, await missing.ExitCode());
    }

    [Fact]
    public async Task Exec_gives_a_program_the_terminal()
    {
        using (var terminal = PseudoTerminal.Start(_home, 90, 20, "exec", "-t", "web", "--", "sh", "-c", "tty; stty size; read x; echo \"[$x]\"; exit 6"))
        {
            var before = terminal.Settings;
            await terminal.Until("/dev/pts/");
            await terminal.Until("20 90\r\n");
            terminal.Type("a\x1d\r");
            await terminal.Until("[a\x1d]\r\n");
            Assert.Equal(6, await terminal.ExitCode());
            Assert.Equal(before, terminal.Settings);
        }
        using var ended = PseudoTerminal.Start(_home, "exec", "-t", "web", "--", "sleep", "1000");
        await SleepsAsync();
        ended.Signal(15);
        Assert.Equal(143, await ended.ExitCode());
        Assert.Equal(1, (await _home.RunAsync("exec", "web", "--", "pgrep", "-x", "sleep")).ExitCode);
        Assert.Equal(2, (await _home.RunAsync("exec", "-t", "web", "--", "true")).ExitCode);
    }

    /// <summary>Waits until a sleep runs in the room.</summary>
    private async Task SleepsAsync() => (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "until pgrep -x sleep; do :; done")).Succeeded();
}
