using System.Diagnostics;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Tests.Sessions;

public sealed class OwnershipTests : SessionHome
{
    private const string NeedsRoot = "Only a root host gives sessions users of their own.";

    private static (uint Uid, int Mode) Look(string path) => HostFile.TryStat(path) is { } stat ? (stat.Uid, stat.Mode & 0xFFF) : throw new FileNotFoundException(path);

    [Fact]
    public async Task A_root_host_gives_each_session_a_user_of_its_own_that_can_reach_its_workspace_only()
    {
        Assert.SkipUnless(IsRoot, NeedsRoot);
        await using var one = await Host().CreateAsync("one");
        await using var two = await Host().CreateAsync("two");
        var uids = Machine.Living.Select(room => room.Spec.HostUid!.Value).ToHashSet();
        Assert.Equal(2, uids.Count);
        Assert.All(uids, uid => Assert.InRange(uid, HostUids.First, HostUids.Last));
        var uid = Record("one").GetProperty("host_uid").GetUInt32();
        Assert.Equal((uid, 0x1C0), Look(Paths("one").Workspace));
        Assert.Equal((uid, 0x1C0), Look(Paths("one").Home));
        Assert.Equal((0u, 0x1C0), Look(Paths("one").Metadata));
        foreach (var way in (string[])[Home, Home + "/sessions", Home + "/run", Paths("one").Directory]) Assert.Equal((0u, 0x1C9), Look(way));
        Assert.Equal((0u, 0x1C0), Look(Home + "/locks"));
        Assert.Equal(0, Run(uid, $"touch {Paths("one").Workspace}/mine"));
        Assert.NotEqual(0, Run(uid, $"ls {Paths("two").Workspace}"));
        Assert.NotEqual(0, Run(uid, $"cat {Paths("one").Record}"));
    }

    [Fact]
    public async Task What_host_root_puts_into_a_workspace_the_room_can_edit()
    {
        Assert.SkipUnless(IsRoot, NeedsRoot);
        await using var session = await Host().CreateAsync("x");
        var uid = Record("x").GetProperty("host_uid").GetUInt32();
        Directory.CreateDirectory(session.WorkspacePath!.Value + "/sub");
        await File.WriteAllBytesAsync(session.WorkspacePath.Value + "/sub/a.txt", "a"u8.ToArray());
        Assert.Equal(0, Run(uid, $"echo b >> {session.WorkspacePath.Value}/sub/a.txt && touch {session.WorkspacePath.Value}/sub/new"));
    }

    [Fact]
    public async Task An_adopted_workspace_is_given_to_the_room_but_nothing_outside_of_it()
    {
        Assert.SkipUnless(IsRoot, NeedsRoot);
        Directory.CreateDirectory(Home + "/sessions/x/workspace/deep");
        await File.WriteAllBytesAsync(Home + "/outside", "o"u8.ToArray());
        await File.WriteAllBytesAsync(Home + "/sessions/x/workspace/deep/a.txt", "a"u8.ToArray());
        File.CreateSymbolicLink(Home + "/sessions/x/workspace/link", Home + "/outside");
        using (var link = Process.Start("ln", [Home + "/outside", Home + "/sessions/x/workspace/hard"])!) await link.WaitForExitAsync();
        await using var session = await Host().CreateAsync("x");
        var uid = Record("x").GetProperty("host_uid").GetUInt32();
        Assert.Equal(uid, Look(Paths("x").Workspace + "/deep/a.txt").Uid);
        Assert.Equal(uid, Look(Paths("x").Workspace + "/link").Uid);
        Assert.Equal(0u, Look(Home + "/outside").Uid);
        Assert.Contains(session.Sandbox.Report.Missing, note => note.Contains("/hard", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_id_is_never_given_twice()
    {
        Assert.SkipUnless(IsRoot, NeedsRoot);
        var layout = new HomeLayout(Home);
        HomeSetup.Ensure(layout);
        HostUids[] processes = [new(layout), new(layout), new(layout)];
        var uids = await Task.WhenAll(Enumerable.Range(0, 150).Select(i => Task.Run(() => processes[i % 3].AllocateAsync(default)))).WaitAsync(Limit);
        Assert.Equal(150, uids.Distinct().Count());
    }

    [Fact]
    public async Task A_home_that_rooms_cannot_reach_is_named_with_the_way_out()
    {
        Assert.SkipUnless(IsRoot, NeedsRoot);
        var parent = Home + "/parent";
        Directory.CreateDirectory(parent);
        Assert.Equal(0, Libc.chmod(parent, 0x1C0 /* 0700 */));
        await using var host = StateroomHost.Local(Options with { HomeDirectory = parent + "/home" });
        var error = await Assert.ThrowsAsync<SandboxStartException>(() => host.CreateAsync("x"));
        Assert.Contains($"chmod o+x {parent}", error.Message, StringComparison.Ordinal);
        Assert.Contains("STATEROOM_HOME", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(parent + "/home/sessions"));
    }

    [Fact]
    public async Task An_ordinary_user_keeps_everything_private()
    {
        Assert.SkipWhen(IsRoot, "A root host opens the way to its rooms' users.");
        await using var session = await Host().CreateAsync("x");
        foreach (var path in (string[])[Home, Home + "/sessions", Home + "/locks", Home + "/run", Paths("x").Directory, Paths("x").Workspace, Paths("x").Home, Paths("x").Metadata])
            Assert.Equal((Libc.geteuid(), 0x1C0), Look(path));
        Assert.Null(Machine.Living.Single().Spec.HostUid);
    }

    private static int Run(uint uid, string line)
    {
        using var process = Process.Start(new ProcessStartInfo("setpriv", [$"--reuid={uid}", $"--regid={uid}", "--clear-groups", "sh", "-c", line + " 2>/dev/null >&2"]))!;
        Assert.True(process.WaitForExit(Patience.Limit));
        return process.ExitCode;
    }
}
