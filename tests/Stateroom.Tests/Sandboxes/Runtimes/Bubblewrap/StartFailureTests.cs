using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class StartFailureTests
{
    [Theory]
    [InlineData("bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.", "user namespaces", "sysctl")]
    [InlineData("bwrap: setting up uid map: Permission denied", "user namespaces", "sysctl")]
    [InlineData("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "user namespaces", "sysctl")]
    [InlineData("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "/proc cannot be mounted", "systempaths=unconfined")]
    [InlineData("bwrap: Can't find source path /srv/x/workspace: Permission denied", "host user 5 cannot reach", "chmod o+x")]
    [InlineData("bwrap: Unknown option --size", "too old", "0.7.0")]
    [InlineData("", "without a word", "stateroom doctor")]
    [InlineData("first\nbwrap: something \u001b[31mnew", "bwrap: something  [31mnew", "stateroom doctor")]
    public void The_last_words_of_bubblewrap_give_a_cause_and_a_remedy(string log, string cause, string remedy)
    {
        var (foundCause, foundRemedy) = StartFailure.Explain(log, 5);
        Assert.Contains(cause, foundCause, StringComparison.Ordinal);
        Assert.Contains(remedy, foundRemedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_that_the_room_s_user_cannot_reach_says_so()
    {
        Assert.SkipWhen(RoomBench.HostUid is null, "only root's rooms have another user");
        await using var bench = new RoomBench();
        File.SetUnixFileMode(bench.Root, (UnixFileMode)0b111_000_000);
        var room = bench.LaunchScript("exit 0");
        Assert.NotEqual(0, await room.MonitorEnded.WaitAsync(Patience.Limit));
        Assert.Contains("cannot reach", StartFailure.Explain(room.Directory.ReadLog(), 5).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_workspace_is_named()
    {
        await using var bench = new RoomBench();
        Directory.Delete(bench.Workspace);
        Assert.Contains("workspace", Assert.Throws<SandboxStartException>(() => bench.LaunchScript("exit 0")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task This_host_can_run_rooms()
    {
        await using var bench = new RoomBench();
        var findings = await bench.Runtime.CheckHostAsync().WaitAsync(Patience.Limit);
        Assert.Equal(["bubblewrap", "guest", "system", "limits", "user-namespaces", "apparmor", "proc"], findings.Select(f => f.Check));
        Assert.All(findings, f => Assert.True(f.Level != FindingLevel.Error, f.Message));
        Assert.All(findings, f => Assert.Equal(f.Level != FindingLevel.Ok, f.Remedy is not null));
    }
}
