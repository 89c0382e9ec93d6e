using System.Text;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Checkpoints.Trees;

namespace Stateroom.Tests.Checkpoints;

public sealed class TreeTests : IDisposable
{
    private readonly TreeBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_tree_comes_back_bit_for_bit_with_modes_times_links_and_holes()
    {
        await MakeAsync("""
            umask 022
            mkdir -p a/b/c empty .hidden 'od d'; echo one > a/one; printf 'no newline' > a/b/two; : > a/empty; chmod 000 a/b/two
            ln -s one a/link; ln -s /etc/passwd absolute; ln -s nowhere dangling; ln a/one a/b/c/same; mkfifo pipe; chmod 622 pipe
            printf x > $'new\nline'; printf x > $'\xff\xfe bytes'; printf x > "$(printf 'n%.0s' $(seq 255))"; echo '#!/bin/sh' > run; chmod 4755 run; chmod 1777 'od d'
            truncate -s 20M sparse; printf end | dd of=sparse bs=1 seek=15000000 conv=notrunc status=none; truncate -s 3T huge
            head -c 9000000 /dev/urandom > large; head -c 4194304 /dev/urandom > chunk; head -c 8388608 /dev/zero > zeros
            touch -d '2001-02-03 04:05:06.789012345' a/one; touch -d '1960-01-01' a/empty; touch -h -d '2010-01-01' a/link; touch -d '2012-01-01' a/b; chmod 500 a/b/c
            """);
        var expected = await LookAsync(_bench.Source);
        var tree = _bench.Scan();
        Assert.Empty(tree.LeftOut);
        Assert.Empty(tree.Changing);
        var restored = _bench.Restore(tree.Root);
        Assert.Equal(expected, await LookAsync(restored));
        Assert.Equal("0 0", (await TreeBench.ShellAsync(restored, "echo $(($(stat -c %b huge) / 100)) $(($(stat -c %b sparse) / 100))")).Trim());
    }

    [Fact]
    public async Task What_has_not_changed_is_neither_read_nor_stored_again()
    {
        await MakeAsync("mkdir a b; for i in $(seq 50); do echo $i > a/$i; echo $i > b/$i; done; touch -d '2001-01-01' a/* b/* a b .");
        // Long ago by the clock of who reads: what has only just changed is not trusted.
        _bench.Time = new Ahead();
        var first = _bench.Scan(out var stored);
        Assert.Equal(100, first.Root.Files);
        // Equal files are stored once, and so are equal directories.
        Assert.InRange(stored, 1, 8000);
        await TreeBench.ShellAsync(_bench.Source, "chmod 000 a/7");
        Assert.NotEqual(first.Root.Content, _bench.Scan().Root.Content);
        await TreeBench.ShellAsync(_bench.Source, "chmod 644 a/7; touch -d '2001-01-01' a/7");
        Assert.Equal(first.Root, _bench.Scan(out stored).Root with { Name = first.Root.Name, Target = first.Root.Target });
        Assert.Equal(0, stored);
    }

    [Theory]
    [InlineData("printf 'two' > f")]
    [InlineData("printf 'two' > f; touch -d '2001-01-01' f")]
    [InlineData("printf 'two' > g; touch -d '2001-01-01' g; mv g f")]
    public async Task A_file_of_the_same_size_and_time_that_has_changed_is_read_again(string change)
    {
        await MakeAsync("printf one > f; touch -d '2001-01-01' f");
        _bench.Time = new Ahead();
        _bench.Scan();
        await MakeAsync(change);
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(_bench.Restore(_bench.Scan().Root), "f")));
    }

    // The file system's clock stands still for some milliseconds.
    [Fact]
    public async Task A_file_that_changes_just_after_it_was_read_is_read_again()
    {
        var file = Path.Combine(_bench.Source, "f");
        for (var i = 0; i < 200; i++)
        {
            var text = i.ToString("000", System.Globalization.CultureInfo.InvariantCulture);
            await File.WriteAllTextAsync(file, text);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
            var entry = TreeCodec.Decode(_bench.Store.Read(_bench.Scan().Root.Content)).Single();
            Assert.Equal(text, Encoding.UTF8.GetString(_bench.Store.Read(entry.Content)));
        }
    }

    [Fact]
    public async Task Sockets_and_devices_are_left_out_and_named()
    {
        await MakeAsync("echo x > f; python3 -c \"import socket; s = socket.socket(socket.AF_UNIX); s.bind('sock')\"");
        var tree = _bench.Scan();
        Assert.Equal(["sock: a socket lives only as long as its program"], tree.LeftOut);
        Assert.Equal("f\n", await TreeBench.ShellAsync(_bench.Restore(tree.Root), "ls"));
    }

    [Fact]
    public async Task A_damaged_blob_names_the_file_it_is_of_and_leaves_the_rest_readable()
    {
        await MakeAsync("mkdir d; echo precious > d/one; echo other > two");
        var tree = _bench.Scan();
        var pack = Directory.GetFiles(_bench.Packs, "*.pack").Single();
        var bytes = await File.ReadAllBytesAsync(pack);
        bytes[bytes.AsSpan().IndexOf("precious"u8)] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes);
        Reopen();
        var damaged = Assert.Throws<CheckpointDamagedException>(() => _bench.Restore(tree.Root));
        Assert.Equal("d/one", damaged.Path);
        Assert.Contains("'d/one' cannot be restored: The blob ", damaged.Message, StringComparison.Ordinal);
        var two = TreeCodec.Decode(_bench.Store.Read(tree.Root.Content)).Single(entry => entry.Kind == TreeEntryKind.File);
        Assert.Equal("other\n", Encoding.UTF8.GetString(_bench.Store.Read(two.Content)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(0)]
    public async Task A_pack_that_is_cut_off_is_told_and_costs_no_other(int left)
    {
        await MakeAsync("echo one > f");
        var first = _bench.Scan();
        await MakeAsync("echo two > f");
        var packs = Directory.GetFiles(_bench.Packs, "*.pack");
        var second = _bench.Scan();
        var cut = Directory.GetFiles(_bench.Packs, "*.pack").Except(packs).Single();
        await using (var file = File.OpenWrite(cut)) file.SetLength(left);
        Reopen();
        _bench.Store.Refresh();
        Assert.Equal([cut], _bench.Store.Damaged.Keys);
        Assert.Throws<CheckpointDamagedException>(() => _bench.Restore(second.Root));
        Assert.Equal("one\n", await File.ReadAllTextAsync(Path.Combine(_bench.Restore(first.Root), "f")));
    }

    [Fact]
    public async Task A_damaged_cache_is_as_if_there_were_none()
    {
        await MakeAsync("echo one > f");
        _bench.Time = new Ahead();
        var tree = _bench.Scan();
        var bytes = await File.ReadAllBytesAsync(_bench.Cache);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(_bench.Cache, bytes);
        Assert.Equal(tree.Root.Content, _bench.Scan().Root.Content);
    }

    private void Reopen()
    {
        var path = _bench.Packs;
        _bench.Store.Dispose();
        _bench.Store = new BlobStore(path);
    }

    private Task<string> MakeAsync(string script) => TreeBench.ShellAsync(_bench.Source, script);

    private static Task<string> LookAsync(string directory) => TreeBench.LookAsync(directory);

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddHours(1);
    }
}
