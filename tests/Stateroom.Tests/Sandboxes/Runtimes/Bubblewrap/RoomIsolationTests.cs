using Stateroom.Native;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class RoomIsolationTests : IAsyncDisposable
{
    private readonly RoomBench _bench = new();

    [Fact]
    public async Task A_room_runs_under_its_host_user_without_groups_or_capabilities()
    {
        var room = await _bench.LaunchSleeperAsync();
        var status = await File.ReadAllLinesAsync($"/proc/{RoomKiller.ReadGuest(room.Directory)}/status");
        var user = RoomBench.HostUid ?? Libc.geteuid();
        Assert.Contains($"Uid:\t{user}\t{user}\t{user}\t{user}", status);
        foreach (var set in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) Assert.Contains($"{set}:\t0000000000000000", status);
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.Contains("Seccomp:\t2", status);
        if (RoomBench.HostUid is not null)
        {
            Assert.Contains($"Gid:\t{user}\t{user}\t{user}\t{user}", status);
            Assert.Contains("Groups:\t ", status);
        }
    }

    [Fact]
    public async Task The_monitor_of_a_room_has_no_more_rights_than_the_room()
    {
        var room = await _bench.LaunchSleeperAsync();
        var guest = await File.ReadAllLinesAsync($"/proc/{RoomKiller.ReadGuest(room.Directory)}/status");
        var parent = guest.Single(l => l.StartsWith("PPid:", StringComparison.Ordinal)).Split('\t')[1];
        var monitor = await File.ReadAllLinesAsync($"/proc/{parent}/status");
        var user = RoomBench.HostUid ?? Libc.geteuid();
        Assert.Contains($"Uid:\t{user}\t{user}\t{user}\t{user}", monitor);
        Assert.Contains("CapPrm:\t0000000000000000", monitor);
        Assert.Contains("CapEff:\t0000000000000000", monitor);
    }

    [Fact]
    public async Task A_room_inherits_exactly_the_descriptors_of_the_contract()
    {
        // The shell waits for ls and opens nothing meanwhile.
        var (_, output) = await _bench.RunAsync("ls -l /proc/$$/fd; exit");
        var inherited = output.Split('\n').Where(l => l.Contains(" -> ", StringComparison.Ordinal)).Select(l => l.Split(" -> "))
            .ToDictionary(p => int.Parse(p[0].Split(' ')[^1]), p => p[1]);
        Assert.Equal("/dev/null", inherited[0]);
        Assert.StartsWith("socket:", inherited[3], StringComparison.Ordinal);
        Assert.EndsWith("/alive", inherited[4], StringComparison.Ordinal);
        Assert.EndsWith("/end", inherited[5], StringComparison.Ordinal);
        Assert.EndsWith("/stateroom-guest", inherited[8], StringComparison.Ordinal);
        // 1 and 2 go into the test's file; bwrap has used up 6, 7 and 9; 10 and on are the shell's.
        Assert.Equal([0, 1, 2, 3, 4, 5, 8], inherited.Keys.Where(fd => fd < 10).Order());
    }

    [Fact]
    public async Task The_guest_is_told_its_limits()
    {
        var spec = _bench.Spec() with
        {
            KeepRunning = true,
            Options = new SandboxOptions { IdleTimeout = TimeSpan.FromSeconds(2), Limits = new SandboxLimits { Processes = 100, OpenFiles = 500 } },
        };
        Assert.Equal((0, "2000 1 100 500 500\n"), await _bench.RunAsync("echo \"$@\"", spec));
        var forever = _bench.Spec() with { Options = new SandboxOptions { IdleTimeout = Timeout.InfiniteTimeSpan } };
        Assert.Equal((0, "0 0 4096 65536 1024\n"), await _bench.RunAsync("echo \"$@\"", forever));
    }

    [Fact]
    public async Task Only_the_workspace_the_home_and_bounded_memory_can_be_written()
    {
        var (_, output) = await _bench.RunAsync("""
            for d in / /usr /usr/bin /etc /dev /var /home /proc/sys/kernel /sys /opt /workspace /home/room /tmp /var/tmp /run /dev/shm; do
              if (: > $d/probe) 2>/dev/null; then echo $d; fi
            done
            """);
        Assert.Equal(["/workspace", "/home/room", "/tmp", "/var/tmp", "/run", "/dev/shm"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public async Task Memory_file_systems_are_bounded(string directory)
    {
        var spec = _bench.Spec() with { Options = new SandboxOptions { Limits = new SandboxLimits { TmpBytes = 1 << 20 } } };
        var (code, output) = await _bench.RunAsync($"head -c 2000000 /dev/zero > {directory}/big; echo $(stat -c %s {directory}/big)", spec);
        Assert.Equal(0, code);
        Assert.Contains("No space left on device", output, StringComparison.Ordinal);
        Assert.EndsWith("1048576\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_is_cleared_and_then_as_asked_for()
    {
        var spec = _bench.Spec() with { Options = new SandboxOptions { Environment = new Dictionary<string, string> { ["--bind"] = "/ /\nx", ["LANG"] = "de_DE.UTF-8" } } };
        var (_, output) = await _bench.RunAsync("tr '\\0' '|' < /proc/1/environ", spec);
        var shell = File.Exists("/usr/bin/bash") ? "/usr/bin/bash" : "/bin/sh";
        Assert.Equal(
            ["--bind=/ /\nx", "HOME=/home/room", "LANG=de_DE.UTF-8", "LOGNAME=room", "PATH=/usr/local/bin:/usr/bin:/bin", "PWD=/workspace", $"SHELL={shell}", "USER=room"],
            output.Split('|', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("A", "x\0--bind\0/\0/mnt")]
    [InlineData("A\0B", "x")]
    [InlineData("A=B", "x")]
    [InlineData("", "x")]
    public void A_variable_that_would_break_the_argument_list_is_refused(string name, string value)
    {
        var spec = _bench.Spec() with { Options = new SandboxOptions { Environment = new Dictionary<string, string> { [name] = value } } };
        Assert.Throws<SandboxStartException>(() => _bench.LaunchScript("exit 0", spec));
        Assert.False(Directory.Exists(_bench.Run.Room(spec.SandboxId).Path));
    }

    [Fact]
    public async Task The_etc_of_a_room_names_its_own_user_and_holds_no_secrets()
    {
        var (_, output) = await _bench.RunAsync("""
            whoami; getent hosts localhost | grep -c localhost; hostname; cut -d: -f1 /etc/passwd | tr '\n' ' '; echo
            for f in shadow gshadow sudoers ssh pip.conf npmrc gitconfig machine-id ssl/private; do test -e /etc/$f && echo present: $f; done
            ls /etc/ld.so.cache
            """);
        Assert.Equal("room\n1\nroom\nroot room nobody \n/etc/ld.so.cache\n", output);
    }

    [Fact]
    public async Task A_room_has_namespaces_of_its_own()
    {
        var (_, output) = await _bench.RunAsync("for n in user mnt pid net ipc uts cgroup; do readlink /proc/self/ns/$n; done");
        var inside = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, inside.Length);
        foreach (var found in inside) Assert.NotEqual(new FileInfo($"/proc/self/ns/{found.Split(':')[0]}").LinkTarget, found);
    }

    [Fact]
    public async Task A_room_sees_no_processes_but_its_own_and_cannot_remount()
    {
        var (_, output) = await _bench.RunAsync("ls /proc | grep -c '^[0-9]'; mount -o remount,rw /usr 2>/dev/null || echo refused; umount /etc 2>/dev/null || echo refused");
        Assert.True(int.Parse(output.Split('\n')[0]) < 6);
        Assert.Equal(["refused", "refused", ""], output.Split('\n')[1..]);
    }

    [Fact]
    public void Root_does_not_run_a_room_under_its_own_user()
    {
        Assert.SkipUnless(Libc.geteuid() == 0, "needs root");
        Assert.Contains("host user 0", Assert.Throws<SandboxStartException>(() => _bench.LaunchScript("exit 0", _bench.Spec() with { HostUid = null })).Message, StringComparison.Ordinal);
        Assert.Throws<SandboxStartException>(() => _bench.LaunchScript("exit 0", _bench.Spec() with { HostUid = 0 }));
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
