using System.Runtime.InteropServices;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class RoomFilterTests : IAsyncDisposable
{
    private const int Eperm = 1, Esrch = 3, Enosys = 38;

    private readonly RoomBench _bench = new();

    [Fact]
    public async Task Every_refused_system_call_gives_EPERM()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the numbers of x64");
        var calls = SystemCall.Refused.Where(c => c.X64 is not null).ToArray();
        // Arguments of -1 would be refused by the kernel itself with another error.
        var errors = await CallAllAsync(calls.Select(c => $"({c.X64}, -1, -1, -1, -1)"));
        Assert.Equal(calls.Select(c => (c.Name, Eperm)), calls.Select(c => c.Name).Zip(errors));
    }

    [Theory]
    // clone: each namespace flag, with SIGCHLD; clone3 is absent.
    [InlineData("(56, 0x10000011, 0, 0, 0)", Eperm)]
    [InlineData("(56, 0x00020011, 0, 0, 0)", Eperm)]
    [InlineData("(56, 0x40000011, 0, 0, 0)", Eperm)]
    [InlineData("(435, 0, 0, 0, 0)", Enosys)]
    // ioctl: TIOCSTI, also with high bits that the kernel drops, TIOCLINUX; TCGETS on a file passes.
    [InlineData("(16, 0, 0x5412, 0, 0)", Eperm)]
    [InlineData("(16, 0, 0x700005412, 0, 0)", Eperm)]
    [InlineData("(16, 0, 0x541c, 0, 0)", Eperm)]
    [InlineData("(16, 0, 0x5401, 0, 0)", 25)]
    // socket: alg, vsock, packet, bluetooth; unix, inet, inet6 and netlink pass.
    [InlineData("(41, 38, 5, 0, 0)", Eperm)]
    [InlineData("(41, 40, 1, 0, 0)", Eperm)]
    [InlineData("(41, 17, 3, 0, 0)", Eperm)]
    [InlineData("(41, 31, 1, 0, 0)", Eperm)]
    [InlineData("(41, 1, 1, 0, 0)", 0)]
    [InlineData("(41, 2, 1, 0, 0)", 0)]
    [InlineData("(41, 10, 1, 0, 0)", 0)]
    [InlineData("(41, 16, 3, 0, 0)", 0)]
    // prlimit64: a new limit for process 1 is refused, reading is left to the kernel; for others RLIMIT_LOCKS alone passes (there is no process 99999).
    [InlineData("(302, 1, 1, LIMIT, 0)", Eperm)]
    [InlineData("(302, 1, 1, 1 << 40, 0)", Eperm)]
    [InlineData("(302, 1, 1, 0, LIMIT)", 0)]
    [InlineData("(302, 1, 10, LIMIT, 0)", Eperm)]
    [InlineData("(302, 99999, 10, LIMIT, 0)", Esrch)]
    [InlineData("(302, 99999, 1, LIMIT, 0)", Eperm)]
    [InlineData("(302, 0, 1, LIMIT, 0)", 0)]
    // setpriority and ioprio_set: the caller may, of others and of all of a user not.
    [InlineData("(141, 0, 1, 5, 0)", Eperm)]
    [InlineData("(141, 2, 0, 5, 0)", Eperm)]
    [InlineData("(141, 0, 0, 5, 0)", 0)]
    [InlineData("(251, 1, 1, 0x6000, 0)", Eperm)]
    [InlineData("(251, 3, 0, 0x6000, 0)", Eperm)]
    [InlineData("(251, 1, 0, 0x6000, 0)", 0)]
    // sched_setaffinity of process 1.
    [InlineData("(203, 1, 8, LIMIT, 0)", Eperm)]
    // personality: asking, none and no randomisation pass.
    [InlineData("(135, 0xffffffff, 0, 0, 0)", 0)]
    [InlineData("(135, 0, 0, 0, 0)", 0)]
    [InlineData("(135, 0x40000, 0, 0, 0)", 0)]
    [InlineData("(135, 0x400000, 0, 0, 0)", Eperm)]
    // x32: getpid, and mount under its number there.
    [InlineData("(0x40000000 + 39, 0, 0, 0, 0)", Enosys)]
    [InlineData("(0x40000000 + 165, 0, 0, 0, 0)", Enosys)]
    public async Task A_call_is_judged_by_its_arguments(string call, int expected)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the numbers of x64");
        Assert.Equal([expected], await CallAllAsync([call]));
    }

    [Fact]
    public async Task The_entry_for_32_bit_programs_kills()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "int 0x80 is x86");
        // mov eax, 20 (getpid of i386); int 0x80; ret
        var (_, output) = await PythonAsync("""
            import mmap, ctypes, os, signal
            m = mmap.mmap(-1, 4096, prot=7)
            m.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')
            pid = os.fork()
            if pid == 0:
                ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()
                os._exit(0)
            print(signal.Signals(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) * -1).name)
            """);
        Assert.Equal("SIGSYS\n", output);
    }

    [Fact]
    public async Task What_programs_do_every_day_works()
    {
        var (code, output) = await PythonAsync("""
            import threading, subprocess, multiprocessing, os, socket
            t = threading.Thread(target=lambda: print('thread', flush=True)); t.start(); t.join()
            print(subprocess.run(['/bin/echo', 'child'], capture_output=True, text=True).stdout, end='', flush=True)
            p = multiprocessing.Process(target=lambda: print('fork', flush=True)); p.start(); p.join()
            os.nice(1); a, b = socket.socketpair(); os.sched_setaffinity(0, os.sched_getaffinity(0)); print('ok')
            """);
        Assert.Equal((0, "thread\nchild\nfork\nok\n"), (code, output));
    }

    [Theory]
    [InlineData(Architecture.X64)]
    [InlineData(Architecture.Arm64)]
    public void The_filter_is_whole_instructions_and_ends_with_a_verdict(Architecture architecture)
    {
        var filter = RoomFilter.Assemble(architecture);
        Assert.Equal(0, filter.Length % 8);
        // BPF_MAXINSNS
        Assert.InRange(filter.Length / 8, 100, 4096);
        Assert.Equal(0x06, filter[^8]);
    }

    [Fact]
    public void An_architecture_without_a_table_is_refused() => Assert.Throws<PlatformNotSupportedException>(() => RoomFilter.Assemble(Architecture.X86));

    private async Task<int[]> CallAllAsync(IEnumerable<string> calls)
    {
        // A successful fork by clone would return twice; the tests only make ones that are refused.
        var (_, output) = await PythonAsync($"""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            libc.syscall.restype = ctypes.c_long
            limit = (ctypes.c_ulong * 2)(1 << 30, 1 << 30)
            LIMIT = ctypes.addressof(limit)
            for call in [{string.Join(", ", calls)}]:
                ctypes.set_errno(0)
                r = libc.syscall(*[ctypes.c_long(a) for a in call])
                print(ctypes.get_errno() if r == -1 else 0, flush=True)
            """);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
    }

    private async Task<(int Code, string Output)> PythonAsync(string program)
    {
        var script = Path.Combine(_bench.Workspace, "probe.py");
        await File.WriteAllBytesAsync(script, System.Text.Encoding.UTF8.GetBytes(program));
        // Not as process 1, which is spared by signals.
        return await _bench.RunAsync("/usr/bin/python3 /workspace/probe.py; exit $?");
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
