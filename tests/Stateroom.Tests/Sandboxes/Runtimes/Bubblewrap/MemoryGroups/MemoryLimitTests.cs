using System.Globalization;
using System.Text.Json;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

public sealed class MemoryLimitTests : IAsyncDisposable
{
    private const long Limit = 64 << 20;

    // tail holds the last lines, and there is one without an end.
    private const string Endless = "tail /dev/zero";

    private readonly TempHome _home = new();
    private readonly List<IStateroom> _hosts = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task What_would_use_more_memory_than_the_room_has_is_killed_and_the_room_goes_on()
    {
        SkipWithoutGroups();
        await using var session = await BoundedAsync();
        Assert.Contains($"memory: {Limit} bytes for the whole room, /tmp and /dev/shm included (control group)", session.Sandbox.Report.Enforced);
        Assert.DoesNotContain(session.Sandbox.Report.Missing, line => line.StartsWith("memory", StringComparison.Ordinal));
        await using var shell = await session.OpenShellAsync();
        Assert.Equal("137\n", (await shell.RunAsync($"x=kept; {Endless}; echo $?", cancellationToken: Soon)).StdoutText);
        Assert.Equal("kept\n", (await shell.RunAsync("echo $x", cancellationToken: Soon)).StdoutText);
    }

    // The room as a whole: what left its shell, its session and its parent, and files in memory.
    [Fact]
    public async Task The_limit_is_of_all_that_runs_in_the_room_together()
    {
        SkipWithoutGroups();
        await using var session = await BoundedAsync();
        var result = await session.RunAsync($"(setsid sh -c '{Endless}; echo $? > ended' &); while [ ! -s ended ]; do sleep 0.02; done; cat ended", cancellationToken: Soon);
        Assert.Equal("137\n", result.StdoutText);
    }

    // Files in memory belong to no process: if they filled all of it, whatever touches memory would be killed, and process 1 in the end.
    [Fact]
    public async Task Files_in_memory_leave_the_most_of_it_to_processes()
    {
        SkipWithoutGroups();
        await using var session = await BoundedAsync();
        var result = await session.RunAsync("for d in /tmp /dev/shm; do head -c 64M /dev/zero > $d/big; stat -c %s $d/big; done; echo on", cancellationToken: Soon);
        Assert.Equal("8388608\n8388608\non\n", result.StdoutText);
        Assert.Contains("/tmp and /dev/shm: 8388608 bytes each", session.Sandbox.Report.Enforced);
    }

    // The guest is larger than each of them.
    [Fact]
    public async Task Many_small_processes_that_use_up_the_memory_do_not_cost_the_room()
    {
        SkipWithoutGroups();
        await using var session = await BoundedAsync();
        var room = session.Sandbox.Id;
        await using (var shell = await session.OpenShellAsync(new ShellOptions { Shell = "/bin/sh" })) await shell.RunAsync("i=0; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i+1)); done", cancellationToken: Soon);
        Assert.Equal("on\n", (await session.RunAsync("echo on", cancellationToken: Soon)).StdoutText);
        Assert.Equal(room, session.Sandbox.Id);
    }

    [Fact]
    public async Task Without_a_limit_a_room_has_three_quarters_of_the_host_s_memory_where_the_host_can_bound_it()
    {
        await using var session = await Host().CreateAsync("plain");
        var group = GroupOf(session);
        if (MemoryController.Find().Reason is { } reason)
        {
            Assert.Null(group);
            Assert.Contains($"memory: not limited ({reason}); /tmp and /dev/shm are bounded", session.Sandbox.Report.Missing);
            return;
        }
        var most = long.Parse(await File.ReadAllTextAsync(Path.Combine(group!, "memory.limit_in_bytes")), CultureInfo.InvariantCulture);
        Assert.Contains($"memory: {MemoryController.DefaultLimit} bytes for the whole room, /tmp and /dev/shm included (control group)", session.Sandbox.Report.Enforced);
        Assert.Equal(MemoryController.DefaultLimit / Environment.SystemPageSize, most / Environment.SystemPageSize);
        using var guest = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_home.Path, "run", session.Sandbox.Id, "info.json")));
        Assert.Contains(guest.RootElement.GetProperty("child-pid").GetInt32().ToString(CultureInfo.InvariantCulture), await File.ReadAllLinesAsync(Path.Combine(group!, "tasks")));
    }

    [Fact]
    public async Task A_limit_that_this_host_cannot_enforce_is_refused()
    {
        Assert.SkipUnless(MemoryController.Find().Reason is not null, "This host can bound the memory of a room.");
        var refused = await Assert.ThrowsAsync<SandboxStartException>(async () => await BoundedAsync());
        Assert.Contains("at most 67108864 bytes (Limits.MemoryBytes), which cannot be enforced: " + MemoryController.Find().Reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_below_the_least_is_refused() =>
        Assert.Contains("Limits.MemoryBytes is 1; the least is 67108864", (await Assert.ThrowsAsync<ArgumentException>(async () => await BoundedAsync(1))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Another_host_that_opens_the_room_is_told_the_same_and_the_group_goes_with_the_room()
    {
        SkipWithoutGroups();
        var session = await BoundedAsync();
        var group = GroupOf(session)!;
        await using (var other = await Host().OpenAsync(session.Id)) Assert.Equal(session.Sandbox.Report.Enforced, other.Sandbox.Report.Enforced);
        Assert.True(Directory.Exists(group));
        await session.CloseAsync();
        await session.DisposeAsync();
        // The monitor ends just behind its room, and the group when the next one is made.
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (Directory.Exists(group))
        {
            await using (var next = await Host().CreateAsync(options: null, cancellationToken: patience.Token)) await next.RunAsync("true", cancellationToken: patience.Token);
        }
    }

    [Fact]
    public async Task What_a_killed_process_had_ready_is_removed_and_what_a_room_is_in_stays()
    {
        SkipWithoutGroups();
        await using var session = await BoundedAsync();
        var group = GroupOf(session)!;
        var left = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(group)!, "stateroom-left")).FullName;
        MemoryGroupTable.RemoveUnused(Path.GetDirectoryName(group)!);
        Assert.False(Directory.Exists(left));
        Assert.True(Directory.Exists(group));
    }

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    private IStateroom Host()
    {
        var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Path });
        _hosts.Add(host);
        return host;
    }

    private Task<ISession> BoundedAsync(long bytes = Limit) =>
        Host().CreateAsync("bounded", new SessionOptions { Sandbox = new SandboxOptions { Limits = new SandboxLimits { MemoryBytes = bytes } } });

    private static void SkipWithoutGroups()
    {
        if (MemoryController.Find().Reason is { } reason) Assert.Skip($"The memory of a room cannot be bounded here: {reason}.");
    }

    private string? GroupOf(ISession session)
    {
        var record = JsonElement.Parse(File.ReadAllText(Path.Combine(_home.Path, "run", session.Sandbox.Id, "room.json")));
        return record.GetProperty("memory_group").GetString();
    }
}
