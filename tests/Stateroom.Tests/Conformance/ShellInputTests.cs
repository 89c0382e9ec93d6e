using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>Commands of a shell as processes of their own: streamed input, signals, other handles.</summary>
public class ShellInputTests : ShellRoomTest
{
    private static readonly ShellCommandOptions Streamed = new() { StreamInput = true };

    private static async Task<string> ReadAll(IExec exec)
    {
        var text = new StringBuilder();
        await foreach (var chunk in exec.ReadOutputAsync()) text.Append(Encoding.UTF8.GetString(chunk.Data.Span));
        return text.ToString();
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task Input_given_as_a_whole_is_read_to_its_end_and_is_not_the_next_commands(string kind)
    {
        await using var shell = await Open(kind);
        var data = new byte[1 << 20];
        new Random(1).NextBytes(data);
        var result = await shell.RunAsync("cat", new ShellCommandOptions { Input = data }).WaitAsync(Patience.Limit);
        Assert.Equal(data, result.Stdout.ToArray());
        result = await shell.RunAsync("read line; echo \"$line\"; :", new ShellCommandOptions { Input = "first\nsecond\n"u8.ToArray() }).WaitAsync(Patience.Limit);
        Assert.Equal("first\n", result.StdoutText);
        result = await shell.RunAsync("cat", new ShellCommandOptions { Input = Array.Empty<byte>() }).WaitAsync(Patience.Limit);
        Assert.Equal("|exit 0", $"{result.StdoutText}|{Describe(result)}");
        result = await shell.RunAsync("cat; (exit 4)").WaitAsync(Patience.Limit);
        Assert.Equal("|exit 4", $"{result.StdoutText}|{Describe(result)}");
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_dialog_is_led_through_streamed_input(string kind)
    {
        await using var shell = await Open(kind);
        await using var dialog = await shell.StartAsync("while read word; do echo \"<$word>\"; done; echo over", Streamed).WaitAsync(Patience.Limit);
        await using var pieces = dialog.ReadOutputAsync().GetAsyncEnumerator();
        foreach (var word in (string[])["one", "two"])
        {
            await dialog.WriteInputAsync(Encoding.UTF8.GetBytes(word + "\n"));
            Assert.True(await pieces.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
            Assert.Equal($"<{word}>\n", Encoding.UTF8.GetString(pieces.Current.Data.Span));
        }
        await dialog.CloseInputAsync();
        Assert.True(await pieces.MoveNextAsync().AsTask().WaitAsync(Patience.Limit));
        Assert.Equal("over\n", Encoding.UTF8.GetString(pieces.Current.Data.Span));
        Assert.Equal("exit 0", Describe(await dialog.WaitAsync().WaitAsync(Patience.Limit)));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_command_that_does_not_want_its_input_does_not_hold_up_the_writer(string kind)
    {
        await using var shell = await Open(kind);
        var result = await shell.RunAsync("head -c 3", new ShellCommandOptions { Input = new byte[4 << 20] }).WaitAsync(Patience.Limit);
        Assert.Equal(3, result.StdoutBytes);
        await using var deaf = await shell.StartAsync("exec 0<&-; echo deaf; sleep 1000", Streamed).WaitAsync(Patience.Limit);
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true) await deaf.WriteInputAsync(new byte[64 << 10]).WaitAsync(Patience.Limit);
        });
        await deaf.CancelAsync();
        Assert.Equal("Canceled", Describe(await deaf.WaitAsync().WaitAsync(Patience.Limit)));
        Assert.Equal("usable\n", (await shell.RunAsync("echo usable").WaitAsync(Patience.Limit)).StdoutText);
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_signal_reaches_the_command_and_spares_the_shell(string kind)
    {
        await using var shell = await Open(kind);
        await shell.RunAsync("x=kept");
        foreach (var signal in (int[])[2, 15, 9])
        {
            await using var sleeping = await shell.StartAsync("sleep 1000").WaitAsync(Patience.Limit);
            await Until(async () => await Output("pgrep -c sleep || true") == "1");
            await sleeping.SignalAsync(signal);
            var result = await sleeping.WaitAsync().WaitAsync(Patience.Limit);
            Assert.Equal((ExecOutcome.Exited, 128 + signal, false), (result.Outcome, result.ExitCode!.Value, result.ShellEnded));
        }
        Assert.Equal("kept\n", (await shell.RunAsync("echo $x").WaitAsync(Patience.Limit)).StdoutText);
    }

    [Fact]
    public async Task Another_handle_uses_the_same_shell_and_leaves_it_open()
    {
        await using var shell = await Room.OpenShellAsync(new ShellOptions { ShellId = "shared" }).WaitAsync(Patience.Limit);
        await shell.RunAsync("x=1");
        var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = HomeDirectory });
        await using (host)
        await using (var session = await host.OpenAsync("room"))
        {
            var late = new TaskCompletionSource<string>();
            await using var other = await session.Sandbox.AttachShellAsync("shared").WaitAsync(Patience.Limit);
            other.OnBackgroundOutput = chunk => late.TrySetResult(Encoding.UTF8.GetString(chunk.Data.Span));
            Assert.Equal("1\n", (await other.RunAsync("echo $x; x=2; mkfifo go; (read y < go; echo late) &").WaitAsync(Patience.Limit)).StdoutText);
            await shell.RunAsync("echo y > go").WaitAsync(Patience.Limit);
            Assert.Equal("late\n", await late.Task.WaitAsync(Patience.Limit));
        }
        Assert.Equal("2\n", (await shell.RunAsync("echo $x").WaitAsync(Patience.Limit)).StdoutText);
        await using var again = await Room.OpenShellAsync(new ShellOptions { ShellId = "shared" }).WaitAsync(Patience.Limit);
        Assert.Equal("2\n", (await again.RunAsync("echo $x").WaitAsync(Patience.Limit)).StdoutText);
        await Assert.ThrowsAsync<ExecNotFoundException>(() => Room.AttachShellAsync("no-such"));
    }

    [Fact]
    public async Task Another_handle_follows_a_command_from_its_begin()
    {
        await using var shell = await Room.OpenShellAsync().WaitAsync(Patience.Limit);
        await shell.RunAsync("echo before");
        await using var command = await shell.StartAsync("echo one; read go; echo two", Streamed).WaitAsync(Patience.Limit);
        Assert.Equal(shell.Id + ".2", command.Id);
        await using var other = await Room.AttachAsync(command.Id);
        var reading = ReadAll(other);
        await other.WriteInputAsync("go\n"u8.ToArray());
        Assert.Equal("one\ntwo\n", await reading.WaitAsync(Patience.Limit));
        Assert.Equal("one\ntwo\n", await ReadAll(command).WaitAsync(Patience.Limit));
        var result = await other.WaitAsync().WaitAsync(Patience.Limit);
        Assert.Equal((command.Id, 0), (result.ExecId, result.ExitCode!.Value));
        await using var late = await Room.AttachAsync(command.Id);
        Assert.Equal("one\ntwo\n", await ReadAll(late).WaitAsync(Patience.Limit));
        Assert.Equal("exit 0", Describe(await late.WaitAsync().WaitAsync(Patience.Limit)));
    }

    [Fact]
    public async Task A_command_withdrawn_from_the_queue_never_runs()
    {
        await using var shell = await Room.OpenShellAsync().WaitAsync(Patience.Limit);
        await using var first = await shell.StartAsync("read go", Streamed).WaitAsync(Patience.Limit);
        using var change = new CancellationTokenSource();
        var second = shell.StartAsync("touch ran", cancellationToken: change.Token);
        await change.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Patience.Limit));
        await first.CloseInputAsync();
        await first.WaitAsync().WaitAsync(Patience.Limit);
        Assert.Equal("2\n", (await shell.RunAsync("test -e ran; echo $(($? + 1))").WaitAsync(Patience.Limit)).StdoutText);
    }

    [Theory]
    [InlineData("bash"), InlineData("dash"), InlineData("zsh"), InlineData("busybox")]
    public async Task A_shell_is_known_by_what_it_is_not_by_its_name(string kind)
    {
        await Output($"mkdir -p tools; cp $(command -v {kind}) tools/unnamed");
        if (kind == "busybox") await Output("printf '#!/bin/sh\\nexec busybox ash \"$@\"\\n' > tools/unnamed");
        await using var shell = await Room.OpenShellAsync(new ShellOptions { Shell = "/workspace/tools/unnamed" }).WaitAsync(Patience.Limit);
        Assert.Equal("|exit 3", $"{(await shell.RunAsync("f() { return 3; }; f").WaitAsync(Patience.Limit)) switch { var r => r.StdoutText + "|" + Describe(r) }}");
        Assert.Equal("3\n", (await shell.RunAsync("echo $?").WaitAsync(Patience.Limit)).StdoutText);
    }

    [Fact]
    public async Task A_program_that_is_no_shell_is_refused()
    {
        var error = await Assert.ThrowsAsync<ExecStartException>(() => Room.OpenShellAsync(new ShellOptions { Shell = "/bin/true" }).WaitAsync(Patience.Limit));
        Assert.Contains("/bin/true", error.Message);
        Assert.Contains("ENOEXEC", error.Message);
    }
}
