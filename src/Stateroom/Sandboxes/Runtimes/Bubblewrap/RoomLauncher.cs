using System.Globalization;
using System.Runtime.InteropServices;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Protocol;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Makes a room's directory and starts bwrap over it.</summary>
internal sealed class RoomLauncher(RunDirectory run, EtcDirectory etc, TimeProvider time)
{
    /// <summary>What a user may have open unless a program raises it itself, as usual.</summary>
    private const int SoftOpenFiles = 1024;

    private static readonly Lazy<byte[]> Filter = new(() => RoomFilter.Assemble(RuntimeInformation.ProcessArchitecture));
    private static readonly Lazy<string?> Bubblewrap = new(Programs.FindBubblewrap);

    /// <summary>The program that becomes process 1 and the arguments before the guest's own; tests put a stand-in here.</summary>
    public IReadOnlyList<string> Command { get; init; } = ["/proc/self/fd/8"];

    /// <summary>Where the next guest dies, <c>name[:n]</c> as <see cref="GuestFailpoint"/> names it; null in use, and set by tests.</summary>
    public Func<string?> GuestFailpoint { get; init; } = static () => null;

    /// <summary>Starts a room. Its guest need not have come up when this returns; a connection to its socket waits for it.</summary>
    /// <exception cref="SandboxStartException">The host cannot give it; nothing is left behind.</exception>
    public LaunchedRoom Launch(SandboxSpec spec)
    {
        CheckUser(spec.HostUid);
        CheckDirectory("workspace", spec.Workspace);
        CheckDirectory("home", spec.Home);
        var program = Bubblewrap.Value ?? Programs.FindBubblewrap()
            ?? throw new SandboxStartException($"The room was not started: bubblewrap (bwrap) is not installed. {Programs.BubblewrapRemedy}");
        using var memory = MemoryGroupTable.Take(spec.Options.Limits.MemoryBytes);
        var report = RoomReport.For(spec, memory);
        var room = run.Room(spec.SandboxId);
        var (descriptors, etcPath) = Make(room, spec, report, memory.Group);
        using (descriptors)
        {
            try
            {
                descriptors.Complete(room, Filter.Value, RoomArguments.ForRoom(spec, etcPath).Bytes);
                var switchTo = spec.HostUid == Libc.geteuid() ? null : spec.HostUid;
                string[] arguments = ["bwrap", "--args", "7", "--", .. Command, .. GuestArguments(spec)];
                var pid = memory.Start(() => Spawner.Spawn(program, arguments, descriptors.All, switchTo));
                Failpoint.Hit(HostFailpoint.RoomSpawned);
                return new LaunchedRoom(room, MonitorReaper.Shared.Watch(pid), report);
            }
            catch
            {
                room.Remove();
                throw;
            }
        }
    }

    // Under the lock a room comes to be alive, with the record that says which /etc it uses: a sweep sees all of it or nothing.
    private (RoomDescriptors Descriptors, string Etc) Make(RoomDirectory room, SandboxSpec spec, SandboxReport report, string? memoryGroup)
    {
        using var held = run.Lock(exclusive: false);
        var etcPath = etc.Ensure();
        if (Directory.Exists(room.Path)) throw new SandboxStartException($"The room was not started: sandbox '{spec.SandboxId}' was started before. Use a new id.");
        Directory.CreateDirectory(room.Path, (UnixFileMode)0b111_000_000);
        Failpoint.Hit(HostFailpoint.RoomMade);
        RoomDescriptors? descriptors = null;
        try
        {
            descriptors = new RoomDescriptors(room);
            Failpoint.Hit(HostFailpoint.RoomLocked);
            new RoomRecord(spec.SandboxId, spec.Workspace, time.GetUtcNow(), ProtocolVersion.Current, Path.GetFileName(etcPath), report, memoryGroup).Write(room);
            Failpoint.Hit(HostFailpoint.RoomRecorded);
            return (descriptors, etcPath);
        }
        catch
        {
            descriptors?.Dispose();
            room.Remove();
            throw;
        }
    }

    private string[] GuestArguments(SandboxSpec spec)
    {
        var options = spec.Options;
        var idle = options.IdleTimeout == Timeout.InfiniteTimeSpan ? 0 : Math.Max(1, (long)options.IdleTimeout.TotalMilliseconds);
        var files = options.Limits.OpenFiles;
        return
        [
            Number(idle), spec.KeepRunning ? "1" : "0", Number(options.Limits.Processes), Number(files), Number(Math.Min(files, SoftOpenFiles)),
            .. GuestFailpoint() is { } name ? [name] : Array.Empty<string>(),
        ];
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void CheckUser(uint? user)
    {
        var own = Libc.geteuid();
        if ((user ?? own) == 0)
            throw new SandboxStartException("The room was not started: it would run under host user 0, who can change kernel settings from inside. Give it a host user of its own, or run as an ordinary user.");
        if (own != 0 && user is { } other && other != own)
            throw new SandboxStartException($"The room was not started: only root can run it under host user {other}; this is user {own}.");
    }

    private static void CheckDirectory(string what, string path)
    {
        if (!Directory.Exists(path)) throw new SandboxStartException($"The room was not started: its {what} directory is missing. Restore or recreate it.");
    }
}

/// <summary>A room whose bwrap was started.</summary>
/// <param name="Directory">Its directory.</param>
/// <param name="MonitorEnded">Completes with the exit code of the outer bwrap process, which is the guest's.</param>
/// <param name="Report">What it enforces.</param>
internal sealed record LaunchedRoom(RoomDirectory Directory, Task<int> MonitorEnded, SandboxReport Report);
