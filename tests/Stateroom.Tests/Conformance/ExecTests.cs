using System.Text;

namespace Stateroom.Tests.Conformance;

public class ExecTests : RoomTest
{
    [Theory]
    [InlineData("true", "||exit 0")]
    [InlineData("exit 37", "||exit 37")]
    [InlineData("printf 'no newline'", "no newline||exit 0")]
    [InlineData("echo out; echo err >&2", "out\n|err\n|exit 0")]
    [InlineData("kill -TERM $$", "||signal 15")]
    [InlineData("cat; echo end", "end\n||exit 0")]
    [InlineData("pwd", "/workspace\n||exit 0")]
    [InlineData("  echo '  leading'; printf 'a\\rb\\bc'", "  leading\na\rb\bc||exit 0")]
    [InlineData("echo hello # a comment", "hello\n||exit 0")]
    [InlineData("cat <<END\nline $((1+1))\nEND", "line 2\n||exit 0")]
    public async Task A_shell_line_gives_what_a_shell_gives(string line, string expected) => Assert.Equal(expected, await Show(line));

    [Fact]
    public async Task A_program_gets_its_arguments_unchanged()
    {
        string[] arguments = ["", " ", "a b", "$HOME", "'", "\"", "\n", "*", "ünï", "-n", new('x', 100_000)];
        var result = await Room.ExecAsync(["printf", "%s\\0", .. arguments]);
        Assert.Equal(string.Join('\0', arguments) + "\0", result.StdoutText);
    }

    [Fact]
    public async Task Bytes_that_are_not_text_come_back_unchanged()
    {
        var input = new byte[100_000];
        new Random(1).NextBytes(input);
        var result = await Room.ExecAsync(["cat"], new ExecOptions { Input = input });
        Assert.True(result.Stdout.Span.SequenceEqual(input));
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_not_started_and_says_so()
    {
        var result = await Room.ExecAsync(["no-such-program"]);
        Assert.Equal((ExecOutcome.NotStarted, true, 127), (result.Outcome, result.NotFound, result.ToShellCode()));
        Assert.Contains("'no-such-program'", result.Error);
        var error = await Assert.ThrowsAsync<ExecStartException>(() => Room.StartAsync(["/etc/passwd"]));
        Assert.Contains("EACCES", error.Message);
        Assert.False(error.NotFound);
    }

    [Fact]
    public async Task A_working_directory_that_does_not_exist_is_told_apart_from_a_missing_program()
    {
        var result = await Room.ExecAsync(["true"], new ExecOptions { WorkingDirectory = "nowhere" });
        Assert.Equal(ExecOutcome.NotStarted, result.Outcome);
        Assert.False(result.NotFound);
        Assert.Contains("working directory", result.Error);
    }

    [Fact]
    public async Task The_environment_can_be_changed_and_PATH_counts_for_the_program()
    {
        await Output("mkdir bin && printf '#!/bin/sh\\necho mine $A ${LANG-unset}\\n' > bin/mine && chmod +x bin/mine");
        var result = await Room.ExecAsync(["mine"], new ExecOptions
        {
            Environment = new Dictionary<string, string?> { ["PATH"] = "/workspace/bin:/bin", ["A"] = "x=y", ["LANG"] = null },
        });
        Assert.Equal("mine x=y unset\n", result.StdoutText);
    }

    [Fact]
    public async Task A_timeout_ends_children_that_double_forked_and_ignore_signals_and_keeps_the_output()
    {
        var result = await Room.RunAsync(
            "trap '' INT TERM; echo before; (setsid sh -c 'trap \"\" TERM; echo $$ > pid; echo started; sleep 1000' &) ; sleep 1000",
            new ExecOptions { Timeout = TimeSpan.FromMilliseconds(500), KillGrace = TimeSpan.FromMilliseconds(100) }).WaitAsync(Patience.Limit);
        Assert.Equal(ExecOutcome.TimedOut, result.Outcome);
        Assert.Null(result.ExitCode);
        Assert.Equal(124, result.ToShellCode());
        Assert.Contains("before", result.StdoutText);
        Assert.Equal("", await Output("kill -0 $(cat pid) 2>/dev/null && echo alive || true"));
    }

    [Fact]
    public async Task A_cancel_ends_the_tree_and_carries_the_output_so_far()
    {
        using var cancel = new CancellationTokenSource();
        var options = new ExecOptions { OnOutput = _ => cancel.Cancel(), KillGrace = TimeSpan.Zero };
        var canceled = await Assert.ThrowsAsync<ExecCanceledException>(() => Room.RunAsync("echo here; sleep 1000", options, cancel.Token).WaitAsync(Patience.Limit));
        Assert.Equal(("here\n", ExecOutcome.Canceled), (canceled.Result.StdoutText, canceled.Result.Outcome));
    }

    [Fact]
    public async Task A_background_child_that_holds_the_output_does_not_delay_the_end_and_lives_on()
    {
        var result = await Room.RunAsync("sleep 1000 & echo $!").WaitAsync(Patience.Limit);
        Assert.Equal(ExecOutcome.Exited, result.Outcome);
        Assert.Equal("alive", await Output($"kill -0 {result.StdoutText.Trim()} && echo alive"));
    }

    [Fact]
    public async Task Input_can_be_streamed_and_closed()
    {
        await using var exec = await Room.StartAsync(["sh", "-c", "while read line; do echo got $line; done; echo end"], new ExecOptions { StreamInput = true });
        var output = new StringBuilder();
        var reading = exec.ReadOutputAsync().GetAsyncEnumerator();
        await exec.WriteInputAsync("one\n"u8.ToArray());
        Assert.True(await reading.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        Assert.Equal("got one\n", Encoding.UTF8.GetString(reading.Current.Data.Span));
        await exec.WriteInputAsync("two\n"u8.ToArray());
        await exec.CloseInputAsync();
        while (await reading.MoveNextAsync().AsTask().WaitAsync(Patience.Limit)) output.Append(Encoding.UTF8.GetString(reading.Current.Data.Span));
        Assert.Equal("got two\nend\n", output.ToString());
        Assert.Equal(0, (await exec.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task A_program_that_does_not_read_its_input_does_not_hang_the_caller()
    {
        var result = await Room.ExecAsync(["true"], new ExecOptions { Input = new byte[10 << 20] }).WaitAsync(Patience.Limit);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task Output_that_nobody_read_is_there_for_whoever_attaches_later()
    {
        var exec = await Room.StartAsync(["sh", "-c", "seq 1 200000; echo err >&2"]);
        await exec.WaitAsync().WaitAsync(Patience.Limit);
        var id = exec.Id;
        await exec.DisposeAsync();
        await using var again = await Room.AttachAsync(id);
        long bytes = 0;
        var error = "";
        await foreach (var chunk in again.ReadOutputAsync())
        {
            if (chunk.Stream == OutputStream.Stderr) error += Encoding.UTF8.GetString(chunk.Data.Span);
            else
            {
                Assert.Equal(bytes, chunk.Offset);
                bytes += chunk.Data.Length;
            }
        }
        Assert.Equal((1288895, "err\n"), (bytes, error));
        Assert.Equal(0, (await again.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task A_reader_that_is_slow_loses_nothing_and_does_not_hold_up_the_program()
    {
        const long Size = 30 << 20;
        await using var exec = await Room.StartAsync(["head", "-c", $"{Size}", "/dev/zero"]);
        // The program ends although not one byte has been read.
        var result = await exec.WaitAsync().WaitAsync(Patience.Limit);
        Assert.Equal((0, Size), (result.ExitCode, result.StdoutBytes));
        long bytes = 0;
        await foreach (var chunk in exec.ReadOutputAsync()) bytes += chunk.Data.Length;
        Assert.Equal(Size, bytes);
    }

    [Fact]
    public async Task A_result_carries_no_more_than_asked_for_and_says_how_much_there_was()
    {
        var result = await Room.RunAsync("seq 1 100000", new ExecOptions { MaxOutputBytes = 10 });
        Assert.Equal(("1\n2\n3\n4\n5\n", 588895, true), (result.StdoutText, result.StdoutBytes, result.IsTruncated));
    }

    [Fact]
    public async Task Hundreds_run_in_parallel_and_none_gets_the_output_of_another()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Room.RunAsync($"echo {i}; exit {i % 100}"))).WaitAsync(Patience.Limit);
        for (var i = 0; i < results.Length; i++) Assert.Equal(($"{i}\n", i % 100), (results[i].StdoutText, results[i].ExitCode!.Value));
    }

    [Fact]
    public async Task An_id_runs_once()
    {
        var options = new ExecOptions { ExecId = "once" };
        var first = await Room.RunAsync("echo x >> runs; echo done", options);
        var second = await Room.RunAsync("echo x >> runs; echo done", options);
        Assert.Equal((first.StdoutText, 0), (second.StdoutText, second.ExitCode!.Value));
        Assert.Equal("x", await Output("cat runs"));
    }

    [Fact]
    public async Task Signals_reach_the_program()
    {
        await using var exec = await Room.StartAsync(["sh", "-c", "trap 'echo caught; exit 3' USR1; echo ready; while :; do sleep 0.01; done"]);
        var reading = exec.ReadOutputAsync().GetAsyncEnumerator();
        await reading.MoveNextAsync().AsTask().WaitAsync(Patience.Limit);
        await exec.SignalAsync(10);
        Assert.Equal(3, (await exec.WaitAsync().WaitAsync(Patience.Limit)).ExitCode);
    }

    [Fact]
    public async Task What_dies_of_a_signal_takes_along_what_it_has_started_and_what_handles_it_does_not()
    {
        const string Begin = "(trap '' INT; setsid sleep 1000 &); sleep 1000 & ";
        foreach (var (line, signal, end, left) in ((string, int, string, string)[])
        [
            ("echo ready; sleep 1000", 2, "signal 2", "0"), ("echo ready; sleep 1000", 9, "signal 9", "0"), ("trap 'exit 4' INT; echo ready; wait", 2, "exit 4", "2"),
        ])
        {
            await using var exec = await Room.StartAsync(["sh", "-c", Begin + line]).WaitAsync(Patience.Limit);
            await using var reading = exec.ReadOutputAsync().GetAsyncEnumerator();
            await reading.MoveNextAsync().AsTask().WaitAsync(Patience.Limit);
            // A child that has no program yet does not ignore the signal yet.
            await Until(async () => int.Parse(await Output("pgrep -cx sleep || true")) >= 2);
            await exec.SignalAsync(signal);
            Assert.Equal((line, end), (line, Describe(await exec.WaitAsync().WaitAsync(Patience.Limit))));
            Assert.Equal((line, left), (line, await Output("pgrep -cx sleep || true")));
        }
    }

    [Fact]
    public async Task Who_cancels_a_start_leaves_nothing_running()
    {
        for (var i = 0; i < 200; i++)
        {
            using var cancel = new CancellationTokenSource();
            var starting = Room.StartAsync(["sleep", "1000"], cancellationToken: cancel.Token);
            if (i % 2 == 0) await Room.PingAsync().WaitAsync(Patience.Limit);
            await cancel.CancelAsync();
            try
            {
                await (await starting.WaitAsync(Patience.Limit)).CancelAsync();
            }
            catch (OperationCanceledException)
            {
                Assert.True(cancel.IsCancellationRequested);
            }
        }
        Assert.Equal("", await Output("while pgrep -x sleep > /dev/null; do :; done"));
    }

    [Fact]
    public async Task Children_start_with_default_signals_and_the_usual_limit_of_open_files()
    {
        Assert.Equal("0000000000000000", await Output("awk '/SigIgn/ {print $2}' /proc/self/status"));
        Assert.Equal("0000000000000000", await Output("awk '/SigBlk/ {print $2}' /proc/self/status"));
        Assert.Equal("1024", await Output("ulimit -Sn"));
        Assert.StartsWith("y", await Output("yes | head -1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orphans_are_reaped()
    {
        await Output("for i in $(seq 50); do (true &) ; done");
        Assert.Equal("0", await Output("sleep 0.2; grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"));
    }

    [Fact]
    public async Task Code_that_changes_limits_from_inside_does_not_take_the_timeouts_of_others_away()
    {
        await Room.RunAsync("python3 -c 'import resource; resource.prlimit(1, 10, (0, 0))'");
        var options = new ExecOptions { Timeout = TimeSpan.FromMilliseconds(100), KillGrace = TimeSpan.Zero };
        Assert.Equal("||TimedOut", await Show("sleep 1000", options));
        // Not even its own.
        Assert.Equal("||TimedOut", await Show("exec python3 -c 'import resource, time; resource.setrlimit(10, (5, 5)); time.sleep(1000)'", options with { Timeout = TimeSpan.FromSeconds(1) }));
    }

    [Fact]
    public async Task Signals_that_the_room_sends_to_process_1_change_nothing_in_it()
    {
        await Output("python3 -c 'import os\nfor s in range(1, 65):\n    os.kill(1, s)'");
        // Bits 7 and 10: no handler for SIGFPE and SIGSEGV that such a signal could set off.
        Assert.Equal("00", await Output("awk '/SigCgt/ {print substr($2, 14, 2)}' /proc/1/status"));
        Assert.Equal("alive", await Output("echo alive"));
    }

    [Fact]
    public async Task Arguments_of_megabytes_are_told_as_what_the_kernel_says_of_them_and_cost_nobody_the_room()
    {
        var longest = new string('x', 100_000);
        var fits = await Room.ExecAsync(["sh", "-c", "echo $#", "x", .. Enumerable.Repeat(longest, 15)]);
        Assert.Equal("15\n", fits.StdoutText);
        var tooMuch = await Room.ExecAsync(["true", .. Enumerable.Repeat(longest, 50)]);
        Assert.Equal(ExecOutcome.NotStarted, tooMuch.Outcome);
        Assert.Contains("E2BIG", tooMuch.Error);
        await Assert.ThrowsAsync<ArgumentException>(() => Room.ExecAsync(["true", .. Enumerable.Repeat(longest, 100)]));
        Assert.Equal("alive", await Output("echo alive"));
    }

    [Fact]
    public async Task The_end_of_the_room_is_told_and_no_exit_code_is_made_up()
    {
        var running = Room.RunAsync("echo begun; sleep 1000", new ExecOptions());
        await Room.PingAsync();
        await Room.StopAsync().WaitAsync(Patience.Limit);
        var result = await running.WaitAsync(Patience.Limit);
        Assert.Equal((ExecOutcome.Lost, null, 125), (result.Outcome, result.ExitCode, result.ToShellCode()));
    }

    [Fact]
    public async Task What_ends_with_its_handle_ends_when_the_handle_goes_and_its_children_too()
    {
        var id = "";
        var other = await Stateroom.OpenAsync(Session.Id);
        await using (other)
        {
            var exec = await other.StartAsync(["sh", "-c", "setsid sleep 4711 & exec sleep 4712"], new ExecOptions { EndWithHandle = true });
            id = exec.Id;
            // The exec's own handle is a view, as ever.
            await exec.DisposeAsync();
            Assert.Contains("sleep 4712", await Output("ps -eo args="), StringComparison.Ordinal);
        }
        await using var attached = await Room.AttachAsync(id);
        Assert.Equal(ExecOutcome.Canceled, (await attached.WaitAsync().WaitAsync(Patience.Limit)).Outcome);
        Assert.DoesNotContain("sleep 47", await Output("ps -eo args="), StringComparison.Ordinal);
    }
}
