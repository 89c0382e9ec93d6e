namespace Stateroom.Tests.Conformance;

/// <summary>An id stands for one thing: what asks for another under it is told so, and never an outcome that is not so.</summary>
public class TakenIdTests : RoomTest
{
    [Fact]
    public async Task The_id_of_a_shell_starts_no_exec()
    {
        await using var shell = await Room.OpenShellAsync(new ShellOptions { ShellId = "sh" });
        var options = new ExecOptions { ExecId = "sh" };
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Room.ExecAsync(["true"], options));
        Assert.Contains("'sh' belongs to a shell", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Room.StartAsync(["true"], options));
        await Assert.ThrowsAsync<ArgumentException>(() => Room.AttachAsync("sh"));
        Assert.Equal("here\n", (await shell.RunAsync("echo here")).StdoutText);
        await using var command = await Room.AttachAsync("sh.1");
        Assert.True((await command.WaitAsync().WaitAsync(Patience.Limit)).Success);
    }

    [Fact]
    public async Task The_id_of_an_exec_opens_no_shell()
    {
        await Room.ExecAsync(["true"], new ExecOptions { ExecId = "ex" });
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Room.OpenShellAsync(new ShellOptions { ShellId = "ex" }));
        Assert.Contains("'ex' belongs to an exec", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_id_of_a_shell_that_has_ended_says_how_it_ended()
    {
        await using (var shell = await Room.OpenShellAsync(new ShellOptions { ShellId = "sh" })) await shell.RunAsync("exit 3");
        var error = await Assert.ThrowsAsync<ShellEndedException>(() => Room.OpenShellAsync(new ShellOptions { ShellId = "sh" }));
        Assert.Contains("'sh' has ended (exit code 3)", error.Message, StringComparison.Ordinal);
        Assert.Contains("another id", error.Message, StringComparison.Ordinal);

        // One whose room was ended with it has no end of its own.
        await Room.OpenShellAsync(new ShellOptions { ShellId = "other" });
        await Session.CloseAsync();
        await Session.RestoreAsync();
        await Assert.ThrowsAsync<ShellEndedException>(() => Room.OpenShellAsync(new ShellOptions { ShellId = "other" }));
    }

    [Fact]
    public async Task A_line_that_Linux_does_not_take_is_refused_with_the_limit_and_a_shell_takes_it()
    {
        var most = (32 * Environment.SystemPageSize) - 1;
        var line = ": '" + new string('x', most - 4) + "'";
        Assert.Equal(most, line.Length);
        Assert.Equal("||exit 0", await Show(line));
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Room.RunAsync(line + " "));
        Assert.Contains($"at most {most}", error.Message, StringComparison.Ordinal);
        Assert.Contains("OpenShellAsync", error.Message, StringComparison.Ordinal);
        var variables = new ExecOptions { Environment = new Dictionary<string, string?> { ["LONG"] = line } };
        Assert.Contains("'LONG'", (await Assert.ThrowsAsync<ArgumentException>(() => Room.RunAsync("true", variables))).Message, StringComparison.Ordinal);
        await using var shell = await Room.OpenShellAsync();
        Assert.Equal("exit 0", Describe(await shell.RunAsync(line + " ")));
    }
}
