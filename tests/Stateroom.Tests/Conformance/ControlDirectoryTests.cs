namespace Stateroom.Tests.Conformance;

/// <summary>A shell finds its commands in a directory of the room, which the room's code can spoil: the guest mends it, and no shell ends for it.</summary>
public class ControlDirectoryTests : ShellRoomTest
{
    [Theory]
    [InlineData("chmod 000 /run/stateroom")]
    [InlineData("chmod 000 /run/stateroom/s*")]
    [InlineData("chmod 000 /run/stateroom/s*/*")]
    [InlineData("chmod 000 /run/stateroom/s* /run/stateroom /run")]
    [InlineData("rm -rf /run/stateroom")]
    [InlineData("rm -rf /run/stateroom; echo file > /run/stateroom")]
    [InlineData("rm -rf /run/stateroom; ln -s /nowhere /run/stateroom")]
    [InlineData("rm -rf /run/stateroom/s*; echo file > /run/stateroom/s1; echo file > /run/stateroom/s2")]
    [InlineData("cd /run/stateroom; for d in s*; do rm $d/*; for f in o0 e0 o1 e1 c; do echo file > $d/$f; done; done")]
    [InlineData("cd /run/stateroom; for d in s*; do rm -r $d/*; mkdir $d/o0 $d/e0 $d/c; done")]
    [InlineData("cd /run/stateroom; for d in s*; do rm $d/*; mkfifo $d/c; ln -s /dev/zero $d/o0; done")]
    public async Task What_the_room_does_to_it_is_mended(string spoil)
    {
        await using var pipes = await Open("bash");
        await using var terminal = await Open("dash", "terminal");
        foreach (var shell in (IShell[])[pipes, terminal])
        {
            // The command that does it, and each that follows in either shell.
            await Run(shell, "x=kept");
            Assert.Equal("|exit 0", await Show(shell, spoil));
            foreach (var other in (IShell[])[pipes, terminal])
            {
                Assert.Equal("out\n|exit 0", await Show(other, "cd /; echo out"));
                await StillUsable(other);
            }
            Assert.Equal("kept\n|exit 0", await Show(shell, "echo $x"));
            await using var next = await Open("bash");
            await StillUsable(next);
            var fed = await shell.RunAsync("cat", new ShellCommandOptions { Input = "given\n"u8.ToArray() }).WaitAsync(Patience.Limit);
            Assert.EndsWith("given\n|exit 0", Show(fed), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_mended_is_told_as_what_it_is()
    {
        await using var shell = await Open("bash");
        Assert.Equal("|exit 0", await Show(shell, "cd /run/stateroom/s*; rm c; mkdir c c/full"));
        var refused = await Run(shell, "echo out");
        Assert.Equal((ExecOutcome.NotStarted, false), (refused.Outcome, refused.ShellEnded));
        Assert.Contains("/run/stateroom", refused.Error, StringComparison.Ordinal);
        Assert.Contains("EISDIR", refused.Error, StringComparison.Ordinal);
        await Output("rm -r /run/stateroom/s*/c");
        await StillUsable(shell);
    }
}
