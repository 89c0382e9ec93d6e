using System.Text.Json;
using Stateroom.Agents.BuiltIn.Tools;

namespace Stateroom.Tests.Agents;

public sealed class ToolTests : IAsyncLifetime
{
    private readonly RoomShells _shells = new();
    private TestRoom _room = null!;
    private int _calls;

    public async ValueTask InitializeAsync() => _room = await TestRoom.StartAsync();

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
        Assert.Equal(" 10000\t10000\n 10001\t10001\n[more lines follow; continue with start_line 10002]\n",
            (await CallAsync("view", ("path", "/tmp/command-output/call-1.stdout"), ("start_line", 10_000), ("end_line", 10_001))).Text);
    }

    [Fact]
    public async Task Of_outputs_that_were_kept_the_oldest_go()
    {
        for (var i = 0; i < OutputSpill.MaxFiles + 3; i++)
            await CallAsync("bash", ("command", "seq 1 10000"));
        var kept = (await CallAsync("list", ("path", "/tmp/command-output"))).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(OutputSpill.MaxFiles, kept.Length);
        Assert.DoesNotContain("/tmp/command-output/call-1.stdout", kept);
        Assert.Contains($"/tmp/command-output/call-{OutputSpill.MaxFiles + 3}.stdout", kept);
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
    public async Task An_edit_of_all_places_replaces_each_once()
    {
        await CallAsync("create", ("path", "f"), ("content", "x\na b aa\n"));
        Assert.Equal("Edited f in 3 places, the first at line 2.", (await CallAsync("edit", ("path", "f"), ("old_text", "a"), ("new_text", "ca"), ("replace_all", true))).Text);
        Assert.Equal("x\nca b caca\n", await File.ReadAllTextAsync(_room.PathOf("f")));
        Assert.Contains("0 times", (await CallAsync("edit", ("path", "f"), ("old_text", "z"), ("new_text", "c"), ("replace_all", true))).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one\ntwo\n", 0, "new", "new\none\ntwo\n")]
    [InlineData("one\ntwo\n", 1, "new\n", "one\nnew\ntwo\n")]
    [InlineData("one\ntwo\n", 2, "new", "one\ntwo\nnew\n")]
    [InlineData("one\ntwo", 2, "a\nb", "one\ntwo\na\nb")]
    [InlineData("one\r\ntwo\r\n", 1, "\n", "one\r\n\ntwo\r\n")]
    [InlineData("", 0, "first", "first\n")]
    public async Task New_lines_are_put_after_the_line_that_is_named(string before, int line, string text, string after)
    {
        await CallAsync("create", ("path", "f"), ("content", before));
        var output = await CallAsync("insert", ("path", "f"), ("line", line), ("text", text));
        Assert.False(output.IsError, output.Text);
        Assert.EndsWith($"into f after line {line}.", output.Text, StringComparison.Ordinal);
        Assert.Equal(after, await File.ReadAllTextAsync(_room.PathOf("f")));
    }

    [Fact]
    public async Task A_line_that_is_not_there_has_nothing_put_after_it()
    {
        await CallAsync("create", ("path", "f"), ("content", "one\n"));
        Assert.Equal("Nothing was changed: 'f' has 1 lines, and line 2 is none of them.", (await CallAsync("insert", ("path", "f"), ("line", 2), ("text", "x"))).Text);
        Assert.Contains("'line' is missing", (await CallAsync("insert", ("path", "f"), ("text", "x"))).Text, StringComparison.Ordinal);
        Assert.True((await CallAsync("insert", ("path", "missing"), ("line", 0), ("text", "x"))).IsError);
        Assert.Equal("one\n", await File.ReadAllTextAsync(_room.PathOf("f")));
    }

    [Fact]
    public async Task A_file_is_put_in_place_whole_and_a_link_to_it_stays_a_link()
    {
        await CallAsync("bash", ("command", "mkdir d && echo old > d/real && chmod 640 d/real && ln -s d/real link && ln -s nowhere/x lost && ln d/real d/second"));
        Assert.Equal("Replaced link (3 bytes).", (await CallAsync("create", ("path", "link"), ("content", "new"))).Text);
        Assert.Equal("symbolic link 640 newnew\n", (await CallAsync("bash", ("command", "echo $(stat -c %F link) $(stat -c %a d/real) $(cat d/real d/second)"))).Text);
        Assert.Contains("leads nowhere", (await CallAsync("create", ("path", "lost"), ("content", "x"))).Text, StringComparison.Ordinal);
        // A reader that has the old file open sees it to its end.
        await CallAsync("bash", ("command", "echo before > f; exec 7< f"));
        await CallAsync("create", ("path", "f"), ("content", "after"));
        Assert.Equal("before\nafter\n", (await CallAsync("bash", ("command", "cat <&7; cat f"))).Text);
        Assert.Empty(Directory.GetFiles(_room.PathOf(""), ".stateroom*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_write_whose_content_breaks_off_or_that_is_ended_leaves_the_file_as_it_was()
    {
        await CallAsync("create", ("path", "f"), ("content", "old"));
        var sandbox = _room.Session.Sandbox;
        var cut = await sandbox.ExecAsync(["sh", "-c", RoomFiles.WriteScript, "sh", "f", "10"], new ExecOptions { Input = "only 6"u8.ToArray() }).WaitAsync(Patience.Limit);
        Assert.Equal((1, "the content broke off\n"), (cut.ExitCode, cut.StderrText));
        var ended = await sandbox.StartAsync(["sh", "-c", RoomFiles.WriteScript, "sh", "f", "10"], new ExecOptions { StreamInput = true, KillGrace = Patience.Limit }).WaitAsync(Patience.Limit);
        await sandbox.RunAsync("while [ ! -e .stateroom-write.* ]; do sleep 0.02; done", new ExecOptions { Timeout = Patience.Limit });
        await ended.CancelAsync().WaitAsync(Patience.Limit);
        await ended.WaitAsync().WaitAsync(Patience.Limit);
        Assert.Equal("old", await File.ReadAllTextAsync(_room.PathOf("f")));
        Assert.Equal(["f"], Directory.GetFiles(_room.PathOf("")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_file_or_directory_that_may_not_be_written_is_told_as_such_and_stays()
    {
        await CallAsync("bash", ("command", "echo old > f; chmod 444 f; mkdir d; echo old > d/f; chmod 555 d"));
        Assert.Contains("f: Permission denied", (await CallAsync("create", ("path", "f"), ("content", "new"))).Text, StringComparison.Ordinal);
        Assert.Contains("d/new: Permission denied", (await CallAsync("create", ("path", "d/new"), ("content", "new"))).Text, StringComparison.Ordinal);
        Assert.Equal("Replaced d/f (3 bytes).", (await CallAsync("create", ("path", "d/f"), ("content", "new"))).Text);
        Assert.Equal("old\nnew\n", (await CallAsync("bash", ("command", "cat f d/f; chmod 755 d"))).Text);
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
        Assert.Contains("'command' is missing", (await CallAsync("bash")).Text, StringComparison.Ordinal);
        Assert.Contains("'command' is not a string", (await CallAsync("bash", ("command", 5))).Text, StringComparison.Ordinal);
        Assert.Contains("from 1 to 3600", (await CallAsync("bash", ("command", "true"), ("timeout", 0))).Text, StringComparison.Ordinal);
    }

    private Task<ToolOutput> CallAsync(string tool, params (string Name, object Value)[] arguments) =>
        RoomTools.RunAsync(
            RoomTools.Find(tool)!,
            new ToolContext(_room.Session.Sandbox, _shells, $"call-{++_calls}"),
            JsonSerializer.SerializeToElement(arguments.ToDictionary(a => a.Name, a => a.Value)),
            new CancellationTokenSource(Patience.Limit).Token);
}
