using System.Runtime.InteropServices;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp;

namespace Stateroom.Bench;

/// <summary>What the kernel and the tools beneath us cost without us.</summary>
internal static unsafe partial class Floors
{
    private static readonly int Null = Descriptors.Open("/dev/null", 2);

    /// <summary>posix_spawn of /bin/true and the wait for it.</summary>
    public static Task SpawnTrue()
    {
        Wait(Spawner.Spawn("/bin/true", ["true"], [Null, Null, Null], null));
        return Task.CompletedTask;
    }

    /// <summary>posix_spawn of as many /bin/true, and the wait for all of them.</summary>
    public static Task SpawnTrueAtOnce(int count)
    {
        var started = new int[count];
        for (var i = 0; i < count; i++) started[i] = Spawner.Spawn("/bin/true", ["true"], [Null, Null, Null], null);
        foreach (var pid in started) Wait(pid);
        return Task.CompletedTask;
    }

    /// <summary>bwrap with all namespaces and a system to see, no guest, as the user that a room would have.</summary>
    public static Task BareBubblewrap()
    {
        Wait(StartBubblewrap("/bin/true"));
        return Task.CompletedTask;
    }

    /// <summary>Starts such a bwrap over a program. Returns its process id.</summary>
    public static int StartBubblewrap(params ReadOnlySpan<string> program)
    {
        var arguments = Descriptors.Memory("arguments", RoomArguments.ForProbe().Bytes);
        var pid = Spawner.Spawn("/usr/bin/bwrap", ["bwrap", "--args", "3", "--", .. program], [Null, Null, Null, arguments], HostProbe.User == geteuid() ? null : HostProbe.User);
        close(arguments);
        return pid;
    }

    /// <summary>Kills a process and waits for the child of ours that ends with it.</summary>
    public static void Kill(int pid, int child)
    {
        int status;
        if (kill(pid, KillSignal) != 0 || waitpid(child, &status, 0) != child) throw new InvalidOperationException($"A floor's process {pid} cannot be ended: errno {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>bwrap with all that it does for a room, seccomp filter and mounts included, and no guest: what is above the floor is not ours to save.</summary>
    public static Task BubblewrapOfARoom(SandboxSpec spec, string home)
    {
        var etc = Directory.GetDirectories(Path.Combine(home, "run"), "etc-*")[0];
        var filter = Descriptors.Memory("filter", RoomFilter.Assemble(RuntimeInformation.ProcessArchitecture));
        var arguments = Descriptors.Memory("arguments", RoomArguments.ForRoom(spec, etc).Bytes);
        Wait(Spawner.Spawn("/usr/bin/bwrap", ["bwrap", "--args", "7", "--", "/bin/true"], [Null, Null, Null, Null, Null, Null, filter, arguments, Null, Null], spec.HostUid));
        close(filter);
        close(arguments);
        return Task.CompletedTask;
    }

    private static void Wait(int pid)
    {
        int status;
        if (waitpid(pid, &status, 0) != pid || status != 0) throw new InvalidOperationException($"A floor's process failed: status {status}.");
    }

    private const int KillSignal = 9;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
