using System.Diagnostics;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>exec and run behave as the program itself would here.</summary>
public sealed class ExecTests : IAsyncLifetime
{
    private readonly CliHome _home = new();

    public async ValueTask InitializeAsync() => (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Theory]
    [InlineData("true", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("no-such-program-here", 127)]
    public async Task The_exit_code_of_run_is_that_of_the_line(string line, int code) => Assert.Equal(code, (await _home.RunAsync("run", "web", "--", line)).ExitCode);

    /// <summary>Arguments, and what the program is to print: <c>echo</c> takes none of these for its own.</summary>
    [Theory]
    [InlineData("exec web echo a --help", "a --help\n")]
    [InlineData("exec web echo /h -h /? --json --timeout 1", "/h -h /? --json --timeout 1\n")]
    [InlineData("exec -ie A=1 web --timeout 30 -w / env -u A pwd -P", "/\n")]
    [InlineData("exec --env=A=1 web sh -c pwd", "/workspace\n")]
    [InlineData("exec web echo -- --help", "-- --help\n")]
    [InlineData("exec web -- echo -- --help", "-- --help\n")]
    [InlineData("run web pwd --timeout 30", "/workspace\n")]
    public async Task What_stands_behind_the_program_is_the_programs_own(string arguments, string output) =>
        Assert.Equal(output, (await _home.RunAsync(arguments.Split(' '))).Succeeded().Stdout);

    [Fact]
    public async Task A_program_that_is_not_there_is_127_and_one_that_cannot_be_run_126()
    {
        var missing = await _home.RunAsync("exec", "web", "--", "no-such-program-here");
        Assert.Equal(127, missing.ExitCode);
        Assert.Contains("no-such-program-here", missing.Stderr, StringComparison.Ordinal);
        Assert.Equal(126, (await _home.RunAsync("exec", "web", "--", "/etc/passwd")).ExitCode);
    }

    [Fact]
    public async Task A_timeout_ends_the_whole_tree_with_124_and_keeps_what_was_printed()
    {
        var result = await _home.RunAsync("run", "web", "--timeout", "300ms", "--", "printf early; sleep 1000 & sleep 1000");
        Assert.Equal((124, "early"), (result.ExitCode, result.Stdout));
        Assert.Equal(1, (await _home.RunAsync("exec", "web", "--", "pgrep", "sleep")).ExitCode);
    }

    [Fact]
    public async Task Every_byte_comes_through_unchanged_on_its_own_stream()
    {
        var all = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        await File.WriteAllBytesAsync(Path.Combine(_home.Root, "bytes"), all);
        var result = await _home.ShellAsync("stateroom exec -i web -- cat < bytes");
        Assert.Equal(all, result.Succeeded().StdoutBytes);
        var both = await _home.RunAsync("run", "web", "--", "printf out; printf err >&2");
        Assert.Equal(("out", "err"), (both.Stdout, both.Stderr));
    }

    [Fact]
    public async Task Input_is_empty_unless_asked_for()
    {
        Assert.Equal("", (await _home.RunWithInputAsync("secret"u8.ToArray(), "exec", "web", "--", "cat")).Succeeded().Stdout);
        Assert.Equal("given", (await _home.RunWithInputAsync("given"u8.ToArray(), "exec", "web", "-i", "--", "cat")).Succeeded().Stdout);
    }

    [Fact]
    public async Task Environment_and_directory_are_the_commands_own()
    {
        var result = await _home.RunAsync("run", "web", "--workdir", "/tmp", "--env", "A=1=2", "--env", "HOME", "--", "echo \"$PWD $A ${HOME-none}\"");
        Assert.Equal("/tmp 1=2 none\n", result.Succeeded().Stdout);
    }

    [Fact]
    public async Task Arguments_after_the_dashes_are_the_programs_own() =>
        Assert.Equal("--json -i -- @x\n", (await _home.RunAsync("exec", "web", "--", "echo", "--json", "-i", "--", "@x")).Succeeded().Stdout);

    [Fact]
    public async Task A_pipe_behind_the_command_ends_with_it()
    {
        var result = await _home.ShellAsync($"stateroom session close web >&2 && timeout 5 sh -c '\"{CliHome.Program}\" exec web -- true | cat'");
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_command_quietly()
    {
        var result = await _home.ShellAsync("stateroom exec web -- yes | head -n 1; echo ${PIPESTATUS[0]}");
        Assert.Equal("y\n141\n", result.Stdout);
        Assert.Empty(result.Stderr);
        Assert.Equal(1, (await _home.RunAsync("exec", "web", "--", "pgrep", "yes")).ExitCode);
    }

    [Fact]
    public async Task Output_is_added_to_a_file_that_others_write_to_as_well()
    {
        await _home.ShellAsync("{ echo before; stateroom run web -- 'echo out; echo err >&2'; echo after; } > log 2>&1");
        var lines = await File.ReadAllLinesAsync(Path.Combine(_home.Root, "log"));
        Assert.Equal(["after", "before", "err", "out"], lines.Order());
        Assert.Equal(("before", "after"), (lines[0], lines[^1]));
    }

    [Fact]
    public async Task Output_is_shown_while_the_command_runs()
    {
        // The command ends only after the test has seen its line.
        using var process = _home.Start(CliHome.Program, "run", "web", "--", "echo first; echo second >&2; until [ -e seen ]; do sleep 0.01; done; echo last");
        Assert.Equal("first", await ReadLineAsync(process));
        Assert.Equal("second", await process.StandardError.ReadLineAsync().WaitAsync(Patience.Limit));
        await File.WriteAllBytesAsync(Path.Combine(_home.Home, "sessions", "web", "workspace", "seen"), []);
        Assert.Equal("last", await ReadLineAsync(process));
        await process.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal(0, process.ExitCode);
    }

    private static Task<string?> ReadLineAsync(Process process) => process.StandardOutput.ReadLineAsync().WaitAsync(Patience.Limit);
}
