namespace Stateroom.Tests.Conformance;

/// <summary>What code in a room must not be able to do. Each probe runs in a real room and must fail there.</summary>
public class IsolationTests : RoomTest
{
    [Theory]
    [InlineData("unshare -U true")]
    [InlineData("unshare -Ur true")]
    [InlineData("unshare -m true")]
    [InlineData("mount -t tmpfs none /tmp")]
    [InlineData("mount -o remount,rw /usr")]
    [InlineData("touch /usr/x")]
    [InlineData("touch /etc/x")]
    [InlineData("touch /x")]
    [InlineData("touch /dev/x")]
    [InlineData("echo x > /proc/sys/kernel/core_pattern")]
    [InlineData("echo x > /proc/sys/kernel/hostname")]
    [InlineData("echo 1 > /proc/sysrq-trigger")]
    [InlineData("cat /etc/shadow")]
    [InlineData("ls /root")]
    [InlineData("ls /var/lib/stateroom")]
    [InlineData("cat /proc/1/environ")]
    [InlineData("ls /proc/1/fd")]
    [InlineData("cat /proc/1/mem")]
    [InlineData("readlink /proc/1/exe")]
    [InlineData("ls /proc/1/root/")]
    [InlineData("prlimit --pid 1 --fsize=0:0")]
    [InlineData("prlimit --pid 1 --nofile=4:4")]
    [InlineData("renice -n 19 -p 1")]
    [InlineData("taskset -p 1 1")]
    [InlineData("chrt -i -p 0 1")]
    [InlineData("ionice -c 3 -p 1")]
    [InlineData("chmod 666 /dev/null")]
    [InlineData("dmesg")]
    [InlineData("ls /sys/kernel")]
    [InlineData("python3 -c 'import socket; socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)'")]
    [InlineData("python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 2)'")]
    [InlineData("python3 -c 'import fcntl, termios; fcntl.ioctl(0, termios.TIOCSTI, b\"x\")'")]
    [InlineData("python3 -c 'import ctypes; c = ctypes.CDLL(None); import sys; sys.exit(0 if c.syscall(425, 8, 0) >= 0 else 1)'")] // io_uring_setup
    [InlineData("python3 -c 'import ctypes; c = ctypes.CDLL(None); import sys; sys.exit(0 if c.syscall(321, 0, 0, 0) >= 0 else 1)'")] // bpf
    [InlineData("python3 -c 'import ctypes; c = ctypes.CDLL(None); import sys; sys.exit(0 if c.ptrace(16, 1, 0, 0) == 0 else 1)'")] // PTRACE_ATTACH
    [InlineData("python3 -c 'import ctypes; c = ctypes.CDLL(None); import sys; sys.exit(0 if c.syscall(250, 0, -3, 1) >= 0 else 1)'")] // keyctl
    public async Task Code_in_a_room_cannot(string probe)
    {
        var result = await Room.RunAsync(probe).WaitAsync(Patience.Limit);
        Assert.True(result is { Outcome: ExecOutcome.Exited, ExitCode: not 0 and not 127 }, $"{probe}: {Describe(result)} {result.StdoutText}{result.StderrText}");
    }

    [Fact]
    public async Task No_signal_from_inside_reaches_process_1()
    {
        await Room.RunAsync("for s in $(seq 1 64); do kill -$s 1 2>/dev/null; done; true").WaitAsync(Patience.Limit);
        Assert.Equal("alive", await Output("echo alive"));
    }

    [Fact]
    public async Task Only_the_rooms_own_processes_are_visible()
    {
        var marker = "marker-" + SessionId.New();
        Assert.Equal("stateroom-guest", await Output("cat /proc/1/comm"));
        Assert.Equal("0", await Output($"grep -l {marker}-x /proc/[0-9]*/environ 2>/dev/null | wc -l"));
        Assert.True(int.Parse(await Output("ls -d /proc/[0-9]* | wc -l")) < 6);
    }

    [Fact]
    public async Task There_is_no_network_but_loopback()
    {
        Assert.Equal("lo", await Output("ls /proc/sys/net/ipv4/conf | grep -v -e all -e default"));
        Assert.Equal("", await Output("tail -n +2 /proc/net/route"));
        Assert.Equal("ok", await Output("python3 -c \"import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); socket.create_connection(s.getsockname()); print('ok')\""));
    }

    [Fact]
    public async Task A_child_inherits_no_descriptor_but_its_three_streams()
    {
        // 3 is the directory that ls itself reads.
        Assert.Equal("0 1 2 3", await Output("ls /proc/self/fd | tr '\\n' ' ' | sed 's/ $//'"));
        var shell = await Room.OpenShellAsync();
        Assert.Equal("0 1 2 3 ", (await shell.RunAsync("ls /proc/self/fd | tr '\\n' ' '")).StdoutText);
    }

    [Fact]
    public async Task The_environment_of_the_host_does_not_leak_in()
    {
        var names = (await Output("env | cut -d= -f1 | sort | tr '\\n' ' '")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Subset(new HashSet<string> { "HOME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "USER", "_", "SHLVL", "OLDPWD" }, names.ToHashSet());
        Assert.Equal("/home/room room", await Output("echo $HOME $USER"));
    }

    [Fact]
    public async Task All_capabilities_are_gone_and_no_new_privileges_can_be_had()
    {
        Assert.Equal("0000000000000000 0000000000000000 0000000000000000", await Output("awk '/Cap(Prm|Eff|Bnd)/ {printf \"%s%s\", s, $2; s=\" \"}' /proc/self/status"));
        Assert.Equal("1 2", await Output("awk '/NoNewPrivs|Seccomp:/ {printf \"%s%s\", s, $2; s=\" \"}' /proc/self/status"));
    }

    [Fact]
    public async Task Metadata_and_the_hosts_side_of_the_session_are_out_of_reach()
    {
        Assert.Equal("", await Output("ls -A /workspace"));
        Assert.Equal("", await Output("find / -xdev \\( -name session.json -o -name guest.sock -o -name 'history.jsonl' \\) 2>/dev/null"));
        Assert.Equal("", await Output("cat /proc/net/unix | grep -c guest.sock | grep -v 0 || true"));
    }

    [Fact]
    public async Task Memory_file_systems_are_bounded()
    {
        foreach (var path in (string[])["/tmp", "/dev/shm", "/run"])
        {
            Assert.True(long.Parse(await Output($"df -k --output=size {path} | tail -1")) <= 1 << 20, path);
        }
    }
}
