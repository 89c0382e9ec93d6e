using System.Diagnostics;
using System.Text;

namespace Stateroom.Tests.Sessions;

public sealed class ListingTests : SessionHome
{
    [Fact]
    public async Task Sessions_are_listed_newest_first_with_their_true_state()
    {
        var host = Host();
        await using var running = await host.CreateAsync("a-running");
        await using (await host.CreateAsync("b-stopped")) { }
        var listed = await Host().ListAsync().ToListAsync();
        Assert.Equal([("b-stopped", SessionState.Closed), ("a-running", SessionState.Idle)], listed.Select(info => (info.Id, info.State)));
        Assert.Equal([false, true], listed.Select(info => info.IsRunning));
        Assert.Equal(running.WorkspacePath, listed[1].WorkspacePath);
    }

    [Fact]
    public async Task Every_filter_of_a_query_narrows_the_list()
    {
        var host = Host();
        await using var a = await host.CreateAsync("web-a");
        await using (await host.CreateAsync("web-b")) { }
        await using var c = await host.CreateAsync("db-c");
        async Task<string> Ids(SessionQuery query) => string.Join(' ', await host.ListAsync(query).Select(info => info.Id).ToListAsync());
        Assert.Equal("web-b web-a", await Ids(new SessionQuery { Contains = "web" }));
        Assert.Equal("", await Ids(new SessionQuery { Contains = "WEB" }));
        Assert.Equal("web-b", await Ids(new SessionQuery { State = SessionState.Closed }));
        Assert.Equal("db-c", await Ids(new SessionQuery { Limit = 1 }));
        Assert.Equal("web-a", await Ids(new SessionQuery { CreatedBefore = (await host.GetAsync("web-a")).CreatedAt }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Ids(new SessionQuery { Limit = 0 }));
    }

    [Fact]
    public async Task A_corrupt_session_is_listed_with_its_problem_and_hides_no_other()
    {
        var host = Host();
        await using (await host.CreateAsync("bad")) { }
        await using (await host.CreateAsync("good")) { }
        await File.WriteAllBytesAsync(Paths("bad").Record, "{\"session_id\": \"bad\", "u8.ToArray());
        var listed = await host.ListAsync().ToDictionaryAsync(info => info.Id);
        Assert.Equal(SessionState.Closed, listed["good"].State);
        Assert.Equal(SessionState.Failed, listed["bad"].State);
        Assert.Contains("stateroom doctor --repair", listed["bad"].Problem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CorruptSessionException>(() => host.OpenAsync("bad"));
        await Assert.ThrowsAsync<CorruptSessionException>(() => host.OpenOrCreateAsync("bad"));
        await Assert.ThrowsAsync<CorruptSessionException>(() => host.GetAsync("bad"));
        await Assert.ThrowsAsync<SessionAlreadyExistsException>(() => host.CreateAsync("bad"));
    }

    [Fact]
    public async Task Ten_thousand_sessions_are_listed_in_seconds_at_most()
    {
        var host = Host();
        await using (await host.CreateAsync("s0")) { }
        var json = await File.ReadAllTextAsync(Paths("s0").Record);
        for (var i = 1; i < 10_000; i++)
        {
            Directory.CreateDirectory(Paths($"s{i}").Metadata);
            await File.WriteAllBytesAsync(Paths($"s{i}").Record, Encoding.UTF8.GetBytes(json.Replace("\"s0\"", $"\"s{i}\"", StringComparison.Ordinal)));
        }
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(10_000, await host.ListAsync().CountAsync());
        var elapsed = Stopwatch.GetElapsedTime(started);
        TestContext.Current.SendDiagnosticMessage("10,000 sessions listed in {0} ms", elapsed.TotalMilliseconds);
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
