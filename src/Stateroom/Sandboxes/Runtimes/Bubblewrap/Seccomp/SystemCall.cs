namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp;

/// <summary>A system call and its numbers; null where the architecture has none.</summary>
internal sealed class SystemCall(string name, uint? x64, uint? arm64)
{
    public string Name { get; } = name;

    public uint? X64 { get; } = x64;

    public uint? Arm64 { get; } = arm64;

    // Calls that came after Linux 5.0 have one number everywhere.
    private static SystemCall Same(string name, uint number) => new(name, number, number);

    /// <summary>Refused whatever their arguments are.</summary>
    public static IReadOnlyList<SystemCall> Refused { get; } =
    [
        // Other processes' memory, and process 1's descriptors.
        new("ptrace", 101, 117), new("process_vm_readv", 310, 270), new("process_vm_writev", 311, 271), new("kcmp", 312, 272), Same("pidfd_getfd", 438),
        // Kernel facilities with a long record of holes.
        new("keyctl", 250, 219), new("add_key", 248, 217), new("request_key", 249, 218), new("bpf", 321, 280), new("perf_event_open", 298, 241),
        new("userfaultfd", 323, 282), Same("io_uring_setup", 425), Same("io_uring_enter", 426), Same("io_uring_register", 427),
        // Namespaces and mounts: the room has the ones that it was given.
        new("mount", 165, 40), new("umount2", 166, 39), new("pivot_root", 155, 41), new("setns", 308, 268), new("unshare", 272, 97),
        Same("open_tree", 428), Same("move_mount", 429), Same("fsopen", 430), Same("fsconfig", 431), Same("fsmount", 432), Same("fspick", 433),
        Same("mount_setattr", 442), Same("open_tree_attr", 467),
        // Files by handle pass over the mounts.
        new("open_by_handle_at", 304, 265),
        // The administration of the host.
        new("kexec_load", 246, 104), new("kexec_file_load", 320, 294), new("init_module", 175, 105), new("finit_module", 313, 273),
        new("delete_module", 176, 106), new("syslog", 103, 116), new("acct", 163, 89), new("swapon", 167, 224), new("swapoff", 168, 225),
        new("reboot", 169, 142), new("settimeofday", 164, 170), new("clock_settime", 227, 112), new("quotactl", 179, 60), Same("quotactl_fd", 443),
        new("lookup_dcookie", 212, 18), new("nfsservctl", 180, 42), new("vhangup", 153, 58), new("iopl", 172, null), new("ioperm", 173, null),
        new("uselib", 134, null), new("_sysctl", 156, null),
    ];

    public static readonly SystemCall
        Clone = new("clone", 56, 220), Clone3 = Same("clone3", 435), Ioctl = new("ioctl", 16, 29), Personality = new("personality", 135, 92),
        Socket = new("socket", 41, 198), Socketpair = new("socketpair", 53, 199), Prlimit64 = new("prlimit64", 302, 261),
        Setpriority = new("setpriority", 141, 140), IoprioSet = new("ioprio_set", 251, 30);

    /// <summary>Calls that change the scheduling of the process that their first argument names.</summary>
    public static IReadOnlyList<SystemCall> Scheduling { get; } =
    [
        new("sched_setaffinity", 203, 122), new("sched_setscheduler", 144, 119), new("sched_setparam", 142, 118), new("sched_setattr", 314, 274),
    ];
}
