using System.Text;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Agents.Credentials;
using Stateroom.Network;
using Stateroom.Sessions;
using Stateroom.Tests.Agents.ClaudeCode.Install;

namespace Stateroom.Tests.Faults;

/// <summary>
/// A fixed run through everything that writes, renames or acknowledges: tells "begin STEP", and "done STEP OUTCOME" when it has been told so itself.
/// </summary>
/// <param name="host">The host that may die, or whose rooms may.</param>
/// <param name="home">Its home.</param>
/// <param name="options">Its options.</param>
/// <param name="say">Takes the lines.</param>
internal sealed class FaultScript(IStateroom host, string home, StateroomLocalOptions options, Action<string> say)
{
    public const string Work = "work", Old = "old", Broken = "broken", Program = "#!/bin/sh\necho whole\n", Key = "sk-faults-0123456789";

    private static readonly Archive Package = Archive.Of(("package/claude", Program));

    private static readonly OpenOptions Keep = new() { KeepRunning = true };

    private readonly HomeLayout _layout = new(home);
    private ISession? _session;

    // A step that says its own outcome.
    private static readonly HashSet<string> Tellers = [.. Expected.Runs.Keys, .. Expected.Commands.Select(c => c.Step), "shellend", "turn1", "turn2"];

    private ISession Session => _session!;

    /// <summary>Called with the failure of a step that a dead room explains; without it a failure ends the script.</summary>
    public Action<string, Exception>? Failed { get; init; }

    public async Task RunAsync()
    {
        await MainAsync();
        await EndAsync();
        await OldAsync();
        await EphemeralAsync();
        await BrokenAsync();
        await AgentsAsync();
    }

    private async Task MainAsync()
    {
        var small = new SandboxOptions
        {
            Retention = new RetentionOptions { MaxBytesPerExecution = 1 << 20 },
            Network = new NetworkOptions { Policy = NetworkPolicy.Allow },
        };
        await InsistAsync("create", () => host.CreateAsync(Work, new SessionOptions { Open = Keep, Sandbox = small }));
        await ExecAsync("exec");
        await ExecAsync("refused");
        await ExecAsync("network");
        await EnsureRoomAsync();
        await StepAsync("stream", StreamAsync);
        await EnsureRoomAsync();
        await StepAsync("listen", ListenAsync);
        await ExecAsync("terminal", new ExecOptions { Terminal = new TerminalSize(80, 24) });
        await ShellAsync();
        await FilesAsync();
        await TurnAsync("turn1");
        await ExecAsync("large");
        await StepAsync("dispose", async () => await Session.DisposeAsync());
        // As a killed writer would have left them.
        await File.AppendAllTextAsync(_layout.Session(Work).History, "{\"torn");
        await File.AppendAllTextAsync(_layout.Session(Work).Messages, "{\"torn");
        var unfinished = $"{_layout.Session(Work).Metadata}/unfinished/.stateroom-0123456789abcdef";
        File.CreateSymbolicLink(unfinished, _layout.Session(Work).Workspace);
        await File.WriteAllBytesAsync($"{_layout.Session(Work).Workspace}/{Path.GetFileName(unfinished)}", []);
        await File.AppendAllTextAsync(_layout.Session(Work).Network, "{\"torn");
        await InsistAsync("reopen", () => host.OpenAsync(Work, Keep));
        await TurnAsync("turn2");
        await ExecAsync("network2");
        await StepAsync("close", () => Session.CloseAsync());
    }

    private async Task EndAsync()
    {
        await StepAsync("restore", () => Session.RestoreAsync());
        await ExecAsync("again");
        await StepAsync("archive", () => host.CleanUpAsync(Work, removeWorkspace: false));
        await StepAsync("dispose2", async () => await Session.DisposeAsync());
        await StepAsync("adopt", async () => _session = await host.CreateAsync(Work, new SessionOptions { Open = Keep }));
        await ExecAsync("adopted");
        await StepAsync("dispose3", async () => await Session.DisposeAsync());
        await StepAsync("remove", () => host.CleanUpAsync(Work, removeWorkspace: true));
    }

    private async Task StreamAsync()
    {
        await using var exec = await Session.StartAsync(Expected.Runs["stream"].Arguments, new ExecOptions { StreamInput = true, ExecId = "stream" });
        await exec.WriteInputAsync(Encoding.UTF8.GetBytes(Expected.Input));
        await exec.CloseInputAsync();
        var text = new StringBuilder();
        await foreach (var chunk in exec.ReadOutputAsync()) text.Append(Encoding.UTF8.GetString(chunk.Data.Span));
        var result = await exec.WaitAsync();
        Tell("stream", result with { Stdout = Encoding.UTF8.GetBytes(text.ToString()) });
    }

    private async Task ListenAsync()
    {
        await using (await ((IListeningSandbox)Session.Sandbox).ListenAsync(RoomPorts.Broker, CancellationToken.None)) { }
    }

    private async Task ShellAsync()
    {
        await EnsureRoomAsync();
        IShell? shell = null;
        await StepAsync("shell", async () => shell = await Session.OpenShellAsync(new ShellOptions { ShellId = "shell" }));
        if (shell is null) return;
        foreach (var (step, run) in Expected.Commands) await StepAsync(step, async () => Tell(step, await shell.RunAsync(run.Arguments[0])));
        await StepAsync("shellend", async () => Tell("shellend", await shell.Ended));
        await shell.DisposeAsync();
    }

    private async Task FilesAsync()
    {
        var files = await host.OpenFilesAsync(Work);
        await StepAsync("write", () => files.WriteAsync("a.txt", "one"u8.ToArray()));
        await StepAsync("overwrite", () => files.WriteAsync("a.txt", "two and more"u8.ToArray()));
        await StepAsync("append", () => files.AppendAsync("a.txt", " and the end"u8.ToArray()));
        await StepAsync("mkdir", () => files.CreateDirectoryAsync("d", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        await StepAsync("move", () => files.MoveAsync("a.txt", "d/moved.txt"));
        await StepAsync("mode", () => files.SetModeAsync("d/moved.txt", UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await StepAsync("link", () => files.CreateLinkAsync("link", "d/moved.txt"));
        await StepAsync("writeb", () => files.WriteAsync("b.txt", "b"u8.ToArray()));
        await StepAsync("removeb", () => files.RemoveAsync("b.txt"));
        await StepAsync("mkdeep", () => files.CreateDirectoryAsync("deep/" + Deep));
        await StepAsync("rmdeep", () => files.RemoveAsync("deep", recursive: true));
        var outside = $"{home}/outside";
        Directory.CreateDirectory(outside + "/sub");
        await File.WriteAllBytesAsync(outside + "/first", "first"u8.ToArray());
        await File.WriteAllBytesAsync(outside + "/sub/second", "second"u8.ToArray());
        await StepAsync("copy", () => files.CopyInAsync(outside, "in"));
        // Deep enough that a removal on the host has to move directories up.
        await StepAsync("mkdeep2", () => files.CreateDirectoryAsync("deeper/" + Deep));
    }

    private static string Deep => string.Join('/', Enumerable.Repeat("x", 80));

    private async Task TurnAsync(string prompt) => await StepAsync(prompt, async () =>
    {
        var result = await Session.CodeAsync(prompt);
        say($"done {prompt} {result.Success} {result.Response}{result.ErrorCode}");
    });

    private async Task OldAsync()
    {
        // As a creation leaves it that was killed early.
        Directory.CreateDirectory(_layout.Session(Old).Metadata);
        // What is kept when it closes: two records, one of them with its output.
        var retention = new RetentionOptions { MaxCount = 2, MaxBytes = 1 << 20 };
        await StepAsync("createold", async () => _session = await host.CreateAsync(Old, new SessionOptions { Sandbox = new SandboxOptions { Retention = retention } }));
        foreach (var step in (string[])["old1", "old2", "old3"]) await ExecAsync(step);
        await StepAsync("closeold", () => host.CloseAsync(Old));
        await StepAsync("disposeold", async () => await Session.DisposeAsync());
    }

    private async Task EphemeralAsync()
    {
        await StepAsync("createephemeral", async () => _session = await host.CreateAsync());
        await ExecAsync("ephemeral");
        await StepAsync("endephemeral", async () => await Session.DisposeAsync());
    }

    private async Task BrokenAsync()
    {
        await StepAsync("createbroken", async () => _session = await host.CreateAsync(Broken, new SessionOptions { Open = Keep }));
        await StepAsync("disposebroken", async () => await Session.DisposeAsync());
        await StepAsync("damage", () => File.WriteAllBytesAsync(_layout.Session(Broken).Record, "{"u8.ToArray()));
        await StepAsync("repair", () => new LocalMaintenance(options).RepairAsync(Broken));
        await StepAsync("openbroken", async () => _session = await host.OpenAsync(Broken, Keep));
        await ExecAsync("repaired");
        await StepAsync("disposebroken2", async () => await Session.DisposeAsync());
        await StepAsync("damage2", () => File.WriteAllBytesAsync(_layout.Session(Broken).Record, "{"u8.ToArray()));
        await StepAsync("removebroken", () => host.CleanUpAsync(Broken, removeWorkspace: true));
    }

    private async Task AgentsAsync()
    {
        await File.WriteAllBytesAsync($"{home}/package.tgz", Package.Bytes);
        var installer = new ClaudeCodeInstaller(_layout, TimeProvider.System) { Package = Package.Package };
        await StepAsync("install", () => installer.InstallAsync($"{home}/package.tgz", null, CancellationToken.None));
        await StepAsync("uninstall", () => installer.RemoveAsync(CancellationToken.None));
        await StepAsync("storekey", () => CredentialFile.WriteAsync(_layout, new ModelCredential(ModelCredentialKind.ApiKey, Key), CancellationToken.None));
        await StepAsync("removekey", () => CredentialFile.RemoveAsync(_layout, CancellationToken.None));
    }

    private async Task ExecAsync(string step, ExecOptions? how = null)
    {
        await EnsureRoomAsync();
        await StepAsync(step, async () => Tell(step, await Session.ExecAsync(Expected.Runs[step].Arguments, how)));
    }

    private void Tell(string step, ExecResult result) => say($"done {step} {Expected.Run.Tell(result)}");

    private async Task StepAsync(string step, Func<Task> act)
    {
        say($"begin {step}");
        try
        {
            await act();
            if (!Tellers.Contains(step)) say($"done {step} ok");
        }
        catch (Exception failure) when (Failed is not null && failure is StateroomException or IOException)
        {
            Failed!(step, failure);
        }
    }

    // A step without which nothing goes on: its second room does not die.
    private async Task InsistAsync(string step, Func<Task<ISession>> open)
    {
        ISession? opened = null;
        for (var attempt = 0; opened is null && attempt < 2; attempt++) await StepAsync(step, async () => opened = await open());
        _session = opened;
    }

    // As a user would: the room has gone, so the session is restored.
    private async Task EnsureRoomAsync()
    {
        if (Failed is not null && await HasNoRoomAsync()) await Session.RestoreAsync();
    }

    private async Task<bool> HasNoRoomAsync()
    {
        try
        {
            await Session.Sandbox.PingAsync();
            return false;
        }
        catch (StateroomException)
        {
            return true;
        }
    }
}
