using Stateroom.Native;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

// Whether the process is dumpable changes for the moment of each start.
[CollectionDefinition(nameof(ThreadCredentialsTests), DisableParallelization = true)]
[Collection(nameof(ThreadCredentialsTests))]
public sealed class ThreadCredentialsTests : IAsyncDisposable
{
    private readonly RoomBench _bench = new();

    [Fact]
    public async Task The_thread_that_starts_a_room_gets_its_own_credentials_back()
    {
        static string[] Credentials(string thread) =>
            [.. File.ReadAllLines($"/proc/{thread}/status").Where(l => l.Split(':')[0] is "Uid" or "Gid" or "Groups" or "CapEff" or "CapPrm")];
        var (before, after, room) = await Task.Run(() =>
        {
            var first = Credentials("thread-self");
            var started = _bench.LaunchScript("exit 0");
            return (first, Credentials("thread-self"), started);
        });
        Assert.Equal(before, after);
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task")) Assert.Equal(before, Credentials($"self/task/{Path.GetFileName(thread)}"));
        // Its own user could not debug a process that stayed undumpable.
        Assert.Equal(1, Libc.prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0));
        Assert.Equal(0, await room.MonitorEnded.WaitAsync(Patience.Limit));
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}
