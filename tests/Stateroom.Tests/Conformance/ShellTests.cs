namespace Stateroom.Tests.Conformance;

/// <summary>What a shell keeps, in each of four kinds. What breaks shells elsewhere is in the Pitfall tests.</summary>
public class ShellTests : ShellRoomTest
{
    [Theory, MemberData(nameof(Kinds))]
    public async Task State_lives_on_between_commands(string kind)
    {
        await using var shell = await Open(kind);
        await shell.RunAsync("cd /tmp; export A='two words'; f() { echo \"f $1\"; }; alias hi='echo alias'; umask 077");
        Assert.Equal("/tmp\ntwo words\nf x\nalias\n077|exit 0", (await Show(shell, "pwd; sh -c 'echo $A'; f x; hi; umask")).Replace("0077", "077", StringComparison.Ordinal).Replace("077\n|", "077|", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task The_status_of_a_command_is_the_next_ones_question_mark(string kind)
    {
        await using var shell = await Open(kind);
        Assert.Equal("|exit 3", await Show(shell, "(exit 3)"));
        Assert.Equal("3\n|exit 0", await Show(shell, "echo $?"));
        Assert.Equal("|exit 0", await Show(shell, "set -e"));
        Assert.Equal("|exit 1", await Show(shell, "! :"));
        // What dash and ash source would end them, so that they begin with 0 here.
        Assert.Equal(kind is "bash" or "zsh" ? "1\n|exit 0" : "0\n|exit 0", await Show(shell, "echo $?"));
    }

    [Theory, MemberData(nameof(Kinds))]
    public async Task A_timeout_that_comes_with_the_end_of_its_command_does_not_cost_the_shell(string kind)
    {
        await using var shell = await Open(kind);
        await Show(shell, "x=kept");
        // The interrupt may meet the command, its end, or the shell that waits for the next one.
        for (var i = 0; i < 60; i++)
        {
            var result = await shell.RunAsync("/bin/true; :", new ShellCommandOptions { Timeout = TimeSpan.FromMilliseconds(1 + (i % 3)), KillGrace = TimeSpan.FromMilliseconds(20) }).WaitAsync(Patience.Limit);
            Assert.False(result.ShellEnded, $"round {i}: {Describe(result)}");
        }
        Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
    }

    [Fact]
    public async Task Sourcing_a_virtual_environment_works_in_the_default_shell()
    {
        await using var shell = await Room.OpenShellAsync();
        Assert.Equal("bash", System.IO.Path.GetFileName(shell.Path));
        Assert.Equal("|exit 0", await Show(shell, "mkdir -p venv/bin; echo 'VIRTUAL_ENV=here' > venv/bin/activate; source venv/bin/activate"));
        Assert.Equal("here\n|exit 0", await Show(shell, "echo $VIRTUAL_ENV"));
    }

    [Fact]
    public async Task A_shell_that_the_room_does_not_have_is_refused()
    {
        var error = await Assert.ThrowsAsync<ExecStartException>(() => Room.OpenShellAsync(new ShellOptions { Shell = "fish" }));
        Assert.Contains("fish", error.Message);
    }
}
