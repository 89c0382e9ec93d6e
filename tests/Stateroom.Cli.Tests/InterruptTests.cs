using System.Diagnostics;
using System.Runtime.InteropServices;
using Stateroom.Cli.Tests.Terminals;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>Ctrl-C at exec and run: the first is the command's own affair, the second ends it whatever it ignores, and nothing of it is left.</summary>
[Trait("Runs", "once")]
public sealed partial class InterruptTests : IAsyncLifetime
{
    /// <summary>A whole tree that lives for long: a child in the background, which the shell shields from Ctrl-C, one in a session of its own, one in front.</summary>
    private const string Tree = "echo partial; sleep 1000 & (setsid sleep 1000 &); until [ $(pgrep -cx sleep) = 2 ]; do :; done; echo ready; sleep 1000";

    /// <summary>The same, deaf to every signal that can be ignored.</summary>
    private const string DeafTree = "trap '' TERM HUP; trap 'echo ignored' INT; (trap '' INT TERM HUP; setsid sleep 1000 & exec sleep 1000) & echo ready; while :; do sleep 0.05; done";

    private readonly CliHome _home = new();

    public async ValueTask InitializeAsync() => (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public async Task Ctrl_C_ends_the_command_with_its_output_so_far_and_leaves_nothing_of_it(string verb)
    {
        using var process = _home.Start(CliHome.Program, Arguments(verb, Tree));
        Assert.Equal("partial", await ReadLineAsync(process));
        Assert.Equal("ready", await ReadLineAsync(process));
        Interrupt(process);
        Assert.Equal(130, await EndAsync(process));
        Assert.Equal(("", ""), (await process.StandardOutput.ReadToEndAsync(), await process.StandardError.ReadToEndAsync()));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public async Task A_command_may_handle_Ctrl_C_and_end_as_it_likes(string verb)
    {
        using var process = _home.Start(CliHome.Program, Arguments(verb, "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.05; done"));
        Assert.Equal("ready", await ReadLineAsync(process));
        Interrupt(process);
        Assert.Equal("caught", await ReadLineAsync(process));
        Assert.Equal(5, await EndAsync(process));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public async Task A_second_Ctrl_C_kills_the_whole_tree_also_what_ignores_every_signal(string verb)
    {
        using var process = _home.Start(CliHome.Program, Arguments(verb, DeafTree));
        Assert.Equal("ready", await ReadLineAsync(process));
        Interrupt(process);
        Assert.Equal("ignored", await ReadLineAsync(process));
        Interrupt(process);
        Assert.Equal(130, await EndAsync(process));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(15)]
    [InlineData(1)]
    public async Task A_terminals_exec_that_a_signal_ends_has_the_signals_exit_code(int signal)
    {
        using var terminal = PseudoTerminal.Start(_home, Arguments("exec", DeafTree, "-t"));
        await terminal.Until("ready\r\n");
        terminal.Signal(signal);
        Assert.Equal(128 + signal, await terminal.ExitCode());
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Json_tells_an_interrupt_as_the_signal_it_is()
    {
        using var process = _home.Start(CliHome.Program, "run", "web", "--json", "--", $"touch begun; {Tree}");
        (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "until [ -e begun ] && [ $(pgrep -cx sleep) = 3 ]; do :; done")).Succeeded();
        Interrupt(process);
        Assert.Equal(130, await EndAsync(process));
        var result = System.Text.Json.JsonElement.Parse(await process.StandardOutput.ReadToEndAsync());
        Assert.Equal(("signaled", 2, "partial\nready\n"), (
            result.GetProperty("outcome").GetString(), result.GetProperty("signal").GetInt32(), result.GetProperty("stdout").GetString()));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("run", 15)]
    [InlineData("exec", 1)]
    public async Task Another_signal_ends_what_ignores_it_and_the_exit_code_and_json_name_the_signal(string verb, int signal)
    {
        using (var process = _home.Start(CliHome.Program, Arguments(verb, DeafTree)))
        {
            Assert.Equal("ready", await ReadLineAsync(process));
            Assert.Equal(0, kill(process.Id, signal));
            Assert.Equal(128 + signal, await EndAsync(process));
        }
        using var json = _home.Start(CliHome.Program, Arguments(verb, $"touch begun; {DeafTree}", "--json"));
        (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "until [ -e begun ] && [ $(pgrep -cx sleep) -ge 2 ]; do :; done")).Succeeded();
        Assert.Equal(0, kill(json.Id, signal));
        Assert.Equal(128 + signal, await EndAsync(json));
        var result = System.Text.Json.JsonElement.Parse(await json.StandardOutput.ReadToEndAsync());
        Assert.Equal(("canceled", signal), (result.GetProperty("outcome").GetString(), result.GetProperty("canceled_by").GetInt32()));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Ctrl_C_ends_the_command_line_also_when_nobody_reads_its_output()
    {
        using var process = _home.Start(CliHome.Program, "run", "web", "--", "echo ready; exec yes");
        Assert.Equal("ready", await ReadLineAsync(process));
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (!process.HasExited)
        {
            Interrupt(process);
            await Task.Yield();
            patience.Token.ThrowIfCancellationRequested();
        }
        Assert.Equal(1, (await _home.RunAsync("run", "web", "--timeout", "20s", "--", "while pgrep -x yes; do :; done; exit 1")).ExitCode);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public async Task The_key_does_at_a_terminal_what_the_signal_does(string verb)
    {
        using (var terminal = PseudoTerminal.Start(_home, Arguments(verb, Tree)))
        {
            await terminal.Until("partial\r\nready\r\n");
            terminal.Type("\x03");
            Assert.Equal(130, await terminal.ExitCode());
            await NothingIsLeftAsync();
        }
        using var deaf = PseudoTerminal.Start(_home, Arguments(verb, DeafTree));
        await deaf.Until("ready\r\n");
        deaf.Type("\x03");
        await deaf.Until("ignored\r\n");
        deaf.Type("\x03");
        Assert.Equal(130, await deaf.ExitCode());
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public async Task In_a_terminal_of_its_own_the_command_gets_the_key(string verb)
    {
        using (var plain = PseudoTerminal.Start(_home, Arguments(verb, "sleep 1000 & echo ready; sleep 1000", "-t")))
        {
            await plain.Until("ready\r\n");
            plain.Type("\x03");
            Assert.Equal(130, await plain.ExitCode());
            await NothingIsLeftAsync();
        }
        using (var handling = PseudoTerminal.Start(_home, Arguments(verb, "trap 'echo caught' INT; trap 'echo again; exit 5' QUIT; echo ready; while :; do sleep 0.05; done", "-t")))
        {
            await handling.Until("ready\r\n");
            await handling.Press("\x03", "caught\r\n");
            await handling.Press("\x03", "caught\r\n");
            await handling.Press("\x1c", "again\r\n");
            Assert.Equal(5, await handling.ExitCode());
        }
        using var raw = PseudoTerminal.Start(_home, Arguments(verb, "stty raw -echo; echo ready; head -c 2 | od -An -tx1; stty sane", "-t"));
        await raw.Until("ready");
        raw.Type("\x03\x03");
        await raw.Until("03 03");
        Assert.Equal(0, await raw.ExitCode());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public async Task A_signal_ends_a_command_in_a_terminal_of_its_own_whatever_it_ignores(string verb)
    {
        using var terminal = PseudoTerminal.Start(_home, Arguments(verb, DeafTree, "-t"));
        var before = terminal.Settings;
        await terminal.Until("ready\r\n");
        terminal.Signal(2);
        Assert.Equal(130, await terminal.ExitCode());
        Assert.Equal(before, terminal.Settings);
        await NothingIsLeftAsync();
    }

    private static string[] Arguments(string verb, string line, params string[] options) =>
        verb == "run" ? ["run", .. options, "web", "--", line] : ["exec", .. options, "web", "--", "bash", "-c", line];

    private static Task<string?> ReadLineAsync(Process process) => process.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit);

    private static void Interrupt(Process process) => Assert.True(kill(process.Id, 2) == 0 || process.HasExited);

    private static async Task<int> EndAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(Patience.Limit);
        return process.ExitCode;
    }

    private async Task NothingIsLeftAsync() => Assert.Equal("", (await _home.RunAsync("exec", "web", "--", "pgrep", "-ax", "sleep")).Stdout);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
