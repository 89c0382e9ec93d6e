using System.Runtime.InteropServices;
using static Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp.BpfAssembler;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp;

/// <summary>
/// The system calls that a room may make: all but the ones refused here. The kernel answers most allowed calls from a bitmap that it computes
/// once, so the filter costs only the calls that it looks into.
/// </summary>
internal static class RoomFilter
{
    // linux/seccomp.h, linux/audit.h
    private const uint Allow = 0x7fff0000, KillProcess = 0x80000000, Errno = 0x00050000;
    private const uint ArchitectureX64 = 0xc000003e, ArchitectureArm64 = 0xc00000b7;
    private const uint Refuse = Errno | 1 /* EPERM */, Absent = Errno | 38 /* ENOSYS */;

    // x32 calls carry this bit and would pass by the table's numbers.
    private const uint X32Bit = 0x40000000;

    // linux/sched.h: mount, cgroup, uts, ipc, user, pid, network. CLONE_NEWTIME lies in the signal's bits, where clone(2) does not see it.
    private const uint NewNamespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

    // asm-generic/ioctls.h, linux/tiocl.h: type into a terminal that another process reads.
    private const uint Tiocsti = 0x5412, Tioclinux = 0x541c;

    // The guest marks process trees by this limit, which Linux has not enforced since 2.4.25 (getrlimit(2)).
    private const uint RlimitLocks = 10;

    // linux/personality.h: PER_LINUX, "only ask", ADDR_NO_RANDOMIZE for debuggers and sanitizers.
    private static readonly uint[] Personalities = [0, 0xffffffff, 0x00040000];

    // unix, inet, inet6, netlink: AF_ALG, AF_VSOCK and the protocols that nobody uses are where the holes are.
    private static readonly uint[] Families = [1, 2, 10, 16];

    /// <summary>The filter for an architecture, as bwrap's <c>--seccomp</c> reads it.</summary>
    /// <exception cref="PlatformNotSupportedException">There is no table for <paramref name="architecture"/>.</exception>
    public static byte[] Assemble(Architecture architecture)
    {
        var x64 = architecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => true,
            System.Runtime.InteropServices.Architecture.Arm64 => false,
            _ => throw new PlatformNotSupportedException($"There is no system call filter for {architecture}; rooms run on x64 and arm64."),
        };
        uint? NumberOf(SystemCall call) => x64 ? call.X64 : call.Arm64;
        var filter = new BpfAssembler();
        // A program can enter the kernel as i386 (int 0x80), where the numbers mean other calls.
        filter.Load(BpfAssembler.Architecture).IfNotEqual(x64 ? ArchitectureX64 : ArchitectureArm64, f => f.Return(KillProcess)).Load(Number);
        if (x64) filter.IfAtLeast(X32Bit, f => f.Return(Absent));

        void On(SystemCall call, Action<BpfAssembler> body)
        {
            if (NumberOf(call) is { } number) filter.IfEqual(number, body);
        }

        // clone3's flags lie behind a pointer, out of the filter's sight; C libraries fall back to clone.
        On(SystemCall.Clone3, f => f.Return(Absent));
        On(SystemCall.Clone, f => f.Load(Low(0)).IfAnySet(NewNamespaces, g => g.Return(Refuse)).Return(Allow));
        On(SystemCall.Ioctl, f => f.Load(Low(1)).IfEqual(Tiocsti, g => g.Return(Refuse)).IfEqual(Tioclinux, g => g.Return(Refuse)).Return(Allow));
        On(SystemCall.Socket, AllowFamilies);
        On(SystemCall.Socketpair, AllowFamilies);
        On(SystemCall.Prlimit64, f => f
            .Load(Low(0)).IfEqual(0, g => g.Return(Allow))
            // The guest marks its children's trees so; it never names itself by its number, others must not.
            .IfNotEqual(1, g => g.Load(Low(1)).IfEqual(RlimitLocks, h => h.Return(Allow)))
            .Load(Low(2)).IfNotEqual(0, g => g.Return(Refuse))
            .Load(High(2)).IfNotEqual(0, g => g.Return(Refuse)).Return(Allow));
        // Whose: 1 or 2 with id 0 is the caller or its group; "all of this user" would take process 1 along.
        On(SystemCall.Setpriority, f => AllowOwn(f, everything: 2));
        On(SystemCall.IoprioSet, f => AllowOwn(f, everything: 3));
        On(SystemCall.Personality, f => AllowOnly(f, Personalities));
        foreach (var call in SystemCall.Scheduling) On(call, f => f.Load(Low(0)).IfNotEqual(0, g => g.Return(Refuse)).Return(Allow));
        foreach (var call in SystemCall.Refused) On(call, f => f.Return(Refuse));
        return filter.Return(Allow).ToBytes();
    }

    private static void AllowFamilies(BpfAssembler filter) => AllowOnly(filter, Families);

    private static void AllowOnly(BpfAssembler filter, uint[] values)
    {
        filter.Load(Low(0));
        foreach (var value in values) filter.IfEqual(value, f => f.Return(Allow));
        filter.Return(Refuse);
    }

    private static void AllowOwn(BpfAssembler filter, uint everything) => filter
        .Load(Low(0)).IfEqual(everything, f => f.Return(Refuse))
        .Load(Low(1)).IfNotEqual(0, f => f.Return(Refuse)).Return(Allow);
}
