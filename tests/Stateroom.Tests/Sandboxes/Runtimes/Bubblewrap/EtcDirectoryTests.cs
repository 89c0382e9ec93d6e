using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class EtcDirectoryTests : IAsyncDisposable
{
    private readonly RoomBench _bench = new(ownEtc: true);

    [Fact]
    public async Task Several_processes_that_generate_at_once_agree_on_one()
    {
        using (_bench.Run.Lock(exclusive: false))
        {
            // Each process has an object of its own.
            var paths = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => new EtcDirectory(_bench.Run, TimeProvider.System).Ensure()))).WaitAsync(Patience.Limit);
            Assert.Single(paths.Distinct());
            Assert.Equal([paths[0]], Directory.EnumerateDirectories(_bench.Run.Path));
        }
    }

    [Fact]
    public void Everything_in_it_can_be_read_by_a_room_and_is_no_private_key()
    {
        using var held = _bench.Run.Lock(exclusive: false);
        var etc = _bench.Etc.Ensure();
        Assert.Equal("/proc/mounts", new FileInfo($"{etc}/mtab").LinkTarget);
        foreach (var file in new DirectoryInfo(etc).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            Assert.Equal((UnixFileMode)0b110_100_100, file.UnixFileMode);
            Assert.DoesNotContain("PRIVATE KEY", File.ReadAllText(file.FullName), StringComparison.Ordinal);
        }
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
