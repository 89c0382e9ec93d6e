using Stateroom.Network;
using Stateroom.Sessions;
using Stateroom.Tests.Network.Proxy;

namespace Stateroom.Tests.Network;

/// <summary>The log of decisions.</summary>
public sealed class NetworkRecorderTests : IDisposable
{
    private readonly string _home = $"/tmp/stateroom-test-{Guid.NewGuid():N}";
    private readonly HomeLayout _layout;
    private readonly ManualTime _time = new();
    private readonly NetworkRecorder _recorder;

    public NetworkRecorderTests()
    {
        _layout = new HomeLayout(_home);
        Directory.CreateDirectory(_layout.Locks);
        Directory.CreateDirectory(_layout.Session("s").Metadata);
        _recorder = new NetworkRecorder(_layout, "s", _time);
    }

    private string Log => _layout.Session("s").Network;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task The_same_connection_is_recorded_once_a_second_and_told_as_often()
    {
        var told = new List<NetworkDecision>();
        _recorder.Decided += told.Add;
        for (var i = 0; i < 50; i++) await RecordAsync("a.example", 443);
        await RecordAsync("a.example", 80);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RecordAsync("a.example", 443);
        Assert.Equal([443, 80, 443], NetworkLog.Read(Log).Select(d => d.Port));
        Assert.Equal(NetworkLog.Read(Log), told);
    }

    [Fact]
    public async Task Of_more_than_a_hundred_different_ones_within_a_second_the_number_of_the_rest_is_recorded()
    {
        for (var i = 0; i < 250; i++) await RecordAsync($"h{i}.example", 443);
        Assert.Equal(NetworkRecorder.MostPerSecond, NetworkLog.Read(Log).Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RecordAsync("later.example", 443);
        var last = NetworkLog.Read(Log).Skip(NetworkRecorder.MostPerSecond).ToList();
        Assert.Equal(["", "later.example"], last.Select(d => d.Host));
        Assert.StartsWith("150 more connections", last[0].Reason, StringComparison.Ordinal);
        for (var i = 0; i < 101; i++) await RecordAsync($"i{i}.example", 443);
        await _recorder.FlushAsync();
        Assert.StartsWith("2 more connections", NetworkLog.Read(Log)[^1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unfinished_last_line_costs_no_other_its_entry()
    {
        await RecordAsync("a.example", 443);
        await File.AppendAllTextAsync(Log, "{\"timestamp\":\"2026-01-0");
        await RecordAsync("b.example", 443);
        Assert.Equal(["a.example", "b.example"], NetworkLog.Read(Log).Select(d => d.Host));
    }

    [Fact]
    public async Task A_log_that_has_grown_too_long_loses_its_older_half_by_whole_lines()
    {
        await RecordAsync("a.example", 443);
        var line = await File.ReadAllTextAsync(Log);
        var count = (NetworkLog.MostBytes / line.Length) + 1;
        await File.WriteAllLinesAsync(Log, Enumerable.Range(0, count).Select(i => line.TrimEnd('\n').Replace("a.example", $"h{i}.example", StringComparison.Ordinal)));
        await RecordAsync("last.example", 443);
        Assert.InRange(new FileInfo(Log).Length, NetworkLog.MostBytes / 3, NetworkLog.MostBytes * 2 / 3);
        var kept = NetworkLog.Read(Log);
        Assert.Equal([$"h{count - 1}.example", "last.example"], kept.TakeLast(2).Select(d => d.Host));
        Assert.Equal(File.ReadLines(Log).Count(), kept.Count);
    }

    [Fact]
    public async Task What_a_room_names_is_written_without_what_could_write_to_a_terminal_and_not_without_end()
    {
        await _recorder.RecordAsync("\u001b[2J" + new string('x', 5000), 0, NetworkVerdict.Refused("no"), CancellationToken.None);
        var host = Assert.Single(NetworkLog.Read(Log)).Host;
        Assert.StartsWith("?[2Jxxx", host, StringComparison.Ordinal);
        Assert.Equal(253, host.Length);
    }

    [Fact]
    public async Task Several_writers_at_once_lose_no_line()
    {
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            var recorder = new NetworkRecorder(_layout, "s", _time);
            for (var i = 0; i < 50; i++) await recorder.RecordAsync($"w{w}-{i}.example", 443, NetworkVerdict.Refused("no"), CancellationToken.None);
        }));
        await Task.WhenAll(writers).WaitAsync(Patience.Limit);
        Assert.Equal(200, NetworkLog.Read(Log).Select(d => d.Host).Distinct().Count());
    }

    private async Task RecordAsync(string host, int port) => await _recorder.RecordAsync(host, port, NetworkVerdict.Refused("no"), CancellationToken.None);
}
