using Stateroom.Native;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

/// <summary>A home of its own for real rooms, with a shell script in the guest's place: rooms are looked at without their guest.</summary>
internal sealed class RoomBench : IAsyncDisposable
{
    // A thousand small files are generated once for all tests.
    private static readonly Lazy<EtcDirectory> SharedEtc = new(() =>
    {
        var home = Directory.CreateTempSubdirectory("stateroom-test-etc-").FullName;
        File.SetUnixFileMode(home, (UnixFileMode)0b111_001_001);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(home, recursive: true);
        return new EtcDirectory(new RunDirectory(home), TimeProvider.System);
    });

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("stateroom-test-");

    public RoomBench(string subdirectory = "home", bool ownEtc = false)
    {
        File.SetUnixFileMode(_root.FullName, (UnixFileMode)0b111_001_001);
        Home = Path.Combine(_root.FullName, subdirectory);
        Workspace = MakeOpen("workspace");
        RoomHome = MakeOpen("room-home");
        Run = new RunDirectory(Home);
        Etc = ownEtc ? new EtcDirectory(Run, TimeProvider.System) : SharedEtc.Value;
        Runtime = new BubblewrapRuntime(Home, TimeProvider.System);
    }

    /// <summary>The user that rooms run under here; null for the caller, who is not root.</summary>
    public static uint? HostUid { get; } = Libc.geteuid() == 0 ? 23456u : null;

    public string Root => _root.FullName;

    public string Home { get; }

    public string Workspace { get; }

    public string RoomHome { get; }

    public RunDirectory Run { get; }

    public EtcDirectory Etc { get; }

    public BubblewrapRuntime Runtime { get; }

    public SandboxSpec Spec() => new()
    {
        SandboxId = SessionId.New(),
        Workspace = new HostPath(Workspace),
        Home = new HostPath(RoomHome),
        Executions = new HostPath(Root),
        HostUid = HostUid,
    };

    /// <summary>Starts a room whose process 1 is a program with these arguments.</summary>
    public LaunchedRoom Launch(SandboxSpec spec, params string[] command) => new RoomLauncher(Run, Etc, TimeProvider.System) { Command = command }.Launch(spec);

    /// <summary>Starts a room whose process 1 is a shell with this script; <c>$1</c> and on are the guest's arguments.</summary>
    public LaunchedRoom LaunchScript(string script, SandboxSpec? spec = null) => Launch(spec ?? Spec(), "/bin/sh", "-c", script, "sh");

    /// <summary>Starts a room that lives until it is killed, and waits until its process 1 runs.</summary>
    public async Task<LaunchedRoom> LaunchSleeperAsync(SandboxSpec? spec = null)
    {
        var ready = Path.Combine(Workspace, SessionId.New());
        using var watcher = new FileSystemWatcher(Workspace);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, e) =>
        {
            if (e.FullPath == ready) seen.TrySetResult();
        };
        watcher.EnableRaisingEvents = true;
        var room = LaunchScript($"> /workspace/{Path.GetFileName(ready)}; exec sleep 1000", spec);
        await seen.Task.WaitAsync(Patience.Limit);
        return room;
    }

    /// <summary>Runs a script as a room's process 1 to its end.</summary>
    public async Task<(int Code, string Output)> RunAsync(string script, SandboxSpec? spec = null)
    {
        var name = SessionId.New();
        var room = LaunchScript($"exec > /workspace/{name} 2>&1\n{script}", spec);
        var code = await room.MonitorEnded.WaitAsync(Patience.Limit);
        var output = Path.Combine(Workspace, name);
        return (code, File.Exists(output) ? await File.ReadAllTextAsync(output) : room.Directory.ReadLog());
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.SweepAsync(_ => false);
        // What a room made under its own user, root may remove; an ordinary user is the room's user.
        _root.Delete(recursive: true);
    }

    private string MakeOpen(string name)
    {
        var path = Path.Combine(_root.FullName, name);
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        return path;
    }
}
