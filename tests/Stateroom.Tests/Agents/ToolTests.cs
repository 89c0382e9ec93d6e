using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn.Tools;

namespace Stateroom.Tests.Agents;

public sealed class ToolTests : IAsyncLifetime
{
    private readonly RoomShells _shells = new();
    private TestRoom _room = null!;
    private RoomTools _tools = null!;
    private int _calls;

    public async ValueTask InitializeAsync()
    {
        _room = await TestRoom.StartAsync();
        _tools = new RoomTools(_room.Session.Sandbox, _shells);
    }

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Fact]
    public async Task The_shell_keeps_its_directory_variables_and_jobs()
    {
        await CallAsync("bash", ("command", "mkdir -p sub && cd sub && N=7; sleep 60 &"));
        Assert.Equal("/workspace/sub 7 1\n", (await CallAsync("bash", ("command", "echo $PWD $N $(jobs -p | wc -l)"))).Text);
    }

    [Fact]
    public async Task A_command_that_fails_is_told_with_its_code_and_both_streams()
    {
        var output = await CallAsync("bash", ("command", "echo out; echo err >&2; (exit 3)"));
        Assert.True(output.IsError);
        Assert.Equal("exit code: 3\nstdout:\nout\nstderr:\nerr\n", output.Text);
    }

    [Fact]
    public async Task Silence_and_warnings_are_told_as_such()
    {
        Assert.Equal(new ToolOutput("(exit code 0, no output)"), await CallAsync("bash", ("command", "true")));
        Assert.Equal(new ToolOutput("exit code: 0\nstderr:\nwatch out\n"), await CallAsync("bash", ("command", "echo watch out >&2")));
    }

    [Fact]
    public async Task A_command_over_its_time_is_told_as_timed_out_with_its_output()
    {
        var output = await CallAsync("bash", ("command", "echo begun; sleep 100"), ("timeout", 1));
        Assert.True(output.IsError);
        Assert.StartsWith("timed out after 1 s", output.Text, StringComparison.Ordinal);
        Assert.Contains("begun", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_that_ended_is_replaced_and_the_model_is_told()
    {
        var output = await CallAsync("bash", ("command", "exit 4"));
        Assert.Contains("exit code: 4", output.Text, StringComparison.Ordinal);
        Assert.Contains("The shell ended with this command", output.Text, StringComparison.Ordinal);
        Assert.Equal("again\n", (await CallAsync("bash", ("command", "echo again"))).Text);

        var (shell, _) = await _shells.GetAsync(_room.Session.Sandbox, CancellationToken.None);
        await shell.CloseAsync().WaitAsync(Patience.Limit);
        output = await CallAsync("bash", ("command", "echo third"));
        Assert.StartsWith("The shell had ended before this command", output.Text, StringComparison.Ordinal);
        Assert.EndsWith("third\n", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_long_output_both_ends_are_shown_and_all_of_it_is_kept_in_the_room()
    {
        var output = await CallAsync("bash", ("command", "seq 1 20000"));
        Assert.InRange(output.Text.Length, ToolOutput.MaxChars, ToolOutput.MaxChars + 300);
        Assert.StartsWith("1\n2\n", output.Text, StringComparison.Ordinal);
        Assert.EndsWith("19999\n20000\n", output.Text, StringComparison.Ordinal);
        Assert.Contains("in /tmp/command-output/call-1.stdout", output.Text, StringComparison.Ordinal);
        Assert.Equal("20000\n", (await CallAsync("bash", ("command", "wc -l < /tmp/command-output/call-1.stdout"))).Text);
    }

    [Fact]
    public async Task A_file_is_created_with_the_directories_above_it_and_viewed_with_line_numbers()
    {
        Assert.Equal("Created a/b/c.txt (8 bytes).", (await CallAsync("create", ("path", "a/b/c.txt"), ("content", "one\ntwo\n"))).Text);
        Assert.Equal("Replaced /workspace/a/b/c.txt (14 bytes).", (await CallAsync("create", ("path", "/workspace/a/b/c.txt"), ("content", "one\ntwo\nthrée"))).Text);
        Assert.Equal("     1\tone\n     2\ttwo\n     3\tthrée\n", (await CallAsync("view", ("path", "a/b/c.txt"))).Text);
        Assert.Equal("     2\ttwo\n[more lines follow; continue with start_line 3]\n", (await CallAsync("view", ("path", "a/b/c.txt"), ("start_line", 2), ("end_line", 2))).Text);
    }

    [Theory]
    [InlineData("-rf")]
    [InlineData("$(touch pwned) `touch pwned`; touch pwned")]
    [InlineData("it's \"quoted\" & more")]
    [InlineData("new\nline")]
    public async Task Any_name_is_a_name_and_nothing_else(string name)
    {
        Assert.False((await CallAsync("create", ("path", name), ("content", "needle $(touch pwned)\n"))).IsError);
        Assert.Contains("needle", (await CallAsync("view", ("path", name))).Text, StringComparison.Ordinal);
        Assert.False((await CallAsync("edit", ("path", name), ("old_text", "needle"), ("new_text", "pin"))).IsError);
        Assert.Contains("pin", (await CallAsync("search", ("pattern", "pin"), ("path", name))).Text, StringComparison.Ordinal);
        Assert.Equal([name], Directory.GetFiles(_room.PathOf("")).Select(Path.GetFileName));
        Assert.Equal("pin $(touch pwned)\n", await File.ReadAllTextAsync(_room.PathOf(name)));
    }

    [Fact]
    public async Task An_edit_needs_exactly_one_match_and_says_how_many_there_are()
    {
        await CallAsync("create", ("path", "f"), ("content", "a b a\n"));
        Assert.Contains("2 times", (await CallAsync("edit", ("path", "f"), ("old_text", "a"), ("new_text", "c"))).Text, StringComparison.Ordinal);
        Assert.Contains("0 times", (await CallAsync("edit", ("path", "f"), ("old_text", "x"), ("new_text", "c"))).Text, StringComparison.Ordinal);
        Assert.Equal("Edited f at line 1.", (await CallAsync("edit", ("path", "f"), ("old_text", "b"), ("new_text", ""))).Text);
        Assert.Equal("a  a\n", await File.ReadAllTextAsync(_room.PathOf("f")));
    }

    [Fact]
    public async Task An_edit_leaves_bytes_that_are_not_text_and_the_mode_as_they_are()
    {
        await CallAsync("bash", ("command", @"printf '\377\376x\r\n\200' > tool && chmod 750 tool"));
        Assert.False((await CallAsync("edit", ("path", "tool"), ("old_text", "x"), ("new_text", "yz"))).IsError);
        Assert.Equal([0xff, 0xfe, (byte)'y', (byte)'z', (byte)'\r', (byte)'\n', 0x80], await File.ReadAllBytesAsync(_room.PathOf("tool")));
        Assert.Equal("750\n", (await CallAsync("bash", ("command", "stat -c %a tool"))).Text);
    }

    [Fact]
    public async Task A_link_out_of_the_workspace_leads_to_the_rooms_files_not_the_hosts()
    {
        File.CreateSymbolicLink(_room.PathOf("shadow"), "/etc/shadow");
        var output = await CallAsync("view", ("path", "shadow"));
        Assert.True(output.IsError);
        Assert.Contains("No such file", output.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_pipe_or_device_does_not_hang_a_file_tool()
    {
        await CallAsync("bash", ("command", "mkfifo pipe"));
        Assert.Contains("not a regular file", (await CallAsync("view", ("path", "pipe"))).Text, StringComparison.Ordinal);
        Assert.Contains("not a regular file", (await CallAsync("edit", ("path", "pipe"), ("old_text", "a"), ("new_text", "b"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_finds_fixed_text_or_an_expression_with_places()
    {
        await CallAsync("create", ("path", "src/a.py"), ("content", "x = 1\ny = f(x)\n"));
        await CallAsync("create", ("path", "venv/lib.py"), ("content", "f(x)\n"));
        Assert.Equal("src/a.py:2:y = f(x)\n", (await CallAsync("search", ("pattern", "f(x)"))).Text);
        Assert.Equal("src/a.py:1:x = 1\nsrc/a.py:2:y = f(x)\n", (await CallAsync("search", ("pattern", "^[xy] ="), ("regex", true))).Text);
        Assert.Equal(new ToolOutput("No matches."), await CallAsync("search", ("pattern", "nowhere")));
        Assert.True((await CallAsync("search", ("pattern", "["), ("regex", true))).IsError);
        Assert.True((await CallAsync("search", ("pattern", "x"), ("path", "missing"))).IsError);
    }

    [Fact]
    public async Task A_listing_shows_levels_and_leaves_out_what_others_installed()
    {
        foreach (var path in (string[])["b/c/d.txt", "a.txt", "venv/bin/python", ".env"])
            await CallAsync("create", ("path", path), ("content", ""));
        Assert.Equal(".env\na.txt\nb/\nb/c/\nvenv/\n", (await CallAsync("list")).Text);
        Assert.Equal("b/c/\n", (await CallAsync("view", ("path", "b"))).Text);
        Assert.True((await CallAsync("list", ("path", "missing"))).IsError);
    }

    [Fact]
    public async Task Calls_that_make_no_sense_are_told_what_is_wrong()
    {
        Assert.Contains("no tool 'fly'", (await CallAsync("fly")).Text, StringComparison.Ordinal);
        Assert.Contains("'command' is missing", (await CallAsync("bash")).Text, StringComparison.Ordinal);
        Assert.Contains("'command' is not a string", (await CallAsync("bash", ("command", 5))).Text, StringComparison.Ordinal);
        Assert.Contains("from 1 to 3600", (await CallAsync("bash", ("command", "true"), ("timeout", 0))).Text, StringComparison.Ordinal);
    }

    private Task<ToolOutput> CallAsync(string tool, params (string Name, object Value)[] arguments) =>
        _tools.RunAsync(
            new FunctionCallContent($"call-{++_calls}", tool, arguments.ToDictionary(a => a.Name, a => (object?)a.Value)),
            new CancellationTokenSource(Patience.Limit).Token);
}
