namespace Stateroom.Tests.Files;

/// <summary>Being told what changes.</summary>
public sealed class FileWatchTests : FilesTest
{
    [Fact]
    public async Task Changes_in_the_room_are_told_as_they_happen()
    {
        await Output("mkdir -p old/deep; echo x > old/f");
        await using var watch = await StartAsync(".");
        await Output("echo a > new");
        Assert.Equal("Created new", await watch.NextAsync());
        Assert.Equal("Changed new", await watch.NextAsync());
        await Output("mv new old/deep/moved");
        Assert.Equal("Renamed new > old/deep/moved", await watch.NextAsync());
        await Output("chmod 600 old/deep/moved");
        Assert.Equal("Changed old/deep/moved", await watch.NextAsync());
        await Output("rm old/f");
        Assert.Equal("Removed old/f", await watch.NextAsync());
        await Output("mv old/deep/moved ~/gone");
        // Another mount: the room's mv copies and removes.
        Assert.Equal("Removed old/deep/moved", await watch.NextAsync());
    }

    [Fact]
    public async Task What_is_in_new_directories_is_told_once_each()
    {
        await using var watch = await StartAsync(".");
        await Output("mkdir -p a/b/c; touch a/b/c/f a/g; mkdir a/b/d; mkdir end");
        var told = await watch.UntilAsync("Created end/");
        Assert.Equal(["Created a/", "Created a/b/", "Created a/b/c/", "Created a/b/c/f", "Created a/b/d/", "Created a/g", "Created end/"],
            told.Where(change => change.StartsWith("Created", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        await Output("rm -r a/b; touch last");
        Assert.Contains("Removed a/b/c/f", await watch.UntilAsync("Created last"));
    }

    [Fact]
    public async Task A_renamed_directory_is_followed()
    {
        await Output("mkdir -p a/b");
        await using var watch = await StartAsync("/workspace");
        await Output("mv a z; touch z/b/f");
        Assert.Equal("Renamed a/ > z/", await watch.NextAsync());
        Assert.Equal("Created z/b/f", await watch.NextAsync());
    }

    [Fact]
    public async Task A_watch_ends_when_its_directory_goes()
    {
        await Output("mkdir -p top/sub");
        await using var watch = await StartAsync("top");
        await Output("rm -r top");
        Assert.Equal("Removed top/sub/", await watch.NextAsync());
        Assert.Null(await watch.NextAsync());
    }

    [Fact]
    public async Task An_overflow_is_told_and_the_watch_goes_on()
    {
        await using var watch = await StartAsync(".");
        // More than the kernel keeps (fs.inotify.max_queued_events) while nobody reads.
        var most = int.Parse(await File.ReadAllTextAsync("/proc/sys/fs/inotify/max_queued_events"), System.Globalization.CultureInfo.InvariantCulture);
        Assert.SkipWhen(most > 100_000, "This host keeps more events than a test should make.");
        await Output($"python3 -c 'import os\nfor i in range({most}): os.close(os.open(\"f\", os.O_CREAT)); os.unlink(\"f\")'");
        await watch.UntilAsync("Overflow ");
        await Output("touch after");
        await watch.UntilAsync("Created after");
    }

    [Fact]
    public async Task A_canceled_watch_ends()
    {
        using var cancel = new CancellationTokenSource();
        await using var watch = Files.WatchAsync(".", cancel.Token).GetAsyncEnumerator(cancel.Token);
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync().AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Only_directories_within_the_trees_are_watched()
    {
        await Output("touch f; ln -s /etc l");
        await Assert.ThrowsAsync<SessionFileException>(() => StartAsync("f"));
        await Assert.ThrowsAsync<PathRefusedException>(() => StartAsync("l"));
        await Assert.ThrowsAsync<SessionFileNotFoundException>(() => StartAsync("none"));
    }

    private async Task<Watching> StartAsync(string path)
    {
        var watching = new Watching(Files.WatchAsync(path).GetAsyncEnumerator());
        Assert.StartsWith("Ready", await watching.NextAsync(), StringComparison.Ordinal);
        return watching;
    }

    private sealed class Watching(IAsyncEnumerator<FileChange> changes) : IAsyncDisposable
    {
        public async Task<string?> NextAsync() => await changes.MoveNextAsync().AsTask().WaitAsync(Patience.Limit) ? Show(changes.Current) : null;

        public async Task<List<string>> UntilAsync(string last)
        {
            var told = new List<string>();
            do told.Add(await NextAsync() ?? throw new InvalidOperationException($"The watch ended before '{last}': {string.Join(", ", told)}"));
            while (told[^1] != last);
            return told;
        }

        public ValueTask DisposeAsync() => changes.DisposeAsync();

        private static string Show(FileChange change)
        {
            var end = change.IsDirectory && change.Kind is not FileChangeKind.Overflow and not FileChangeKind.Ready ? "/" : "";
            return $"{change.Kind} {(change.OldPath is { } old ? $"{Below(old)}{end} > " : "")}{Below(change.Path)}{end}";
        }

        private static string Below(string path) => path.Length <= "/workspace/".Length ? "" : path["/workspace/".Length..];
    }
}
