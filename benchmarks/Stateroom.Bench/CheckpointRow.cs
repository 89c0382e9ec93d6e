using System.Diagnostics;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Checkpoints.Trees;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Bench;

/// <summary>A workspace of 10,000 files and 100 MB: read into packs for the first time, unchanged, with ten files changed, and written back; beside cp -a and a walk that looks at each file.</summary>
internal static class CheckpointRow
{
    private const int Directories = 100, FilesInEach = 100, BytesOfFile = 10_000, Changed = 10;

    public static async Task MeasureAsync(BenchRoom bench, Table table, int rounds)
    {
        var work = Path.Combine(bench.Home, "checkpoints-bench");
        var source = Path.Combine(work, "source");
        Make(source);
        // What was written within the last moments is read again.
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        var (cache, packs, other, copy, restored) = (Path.Combine(work, "stat"), Path.Combine(work, "packs"), Path.Combine(work, "first"), Path.Combine(work, "copy"), Path.Combine(work, "restored"));
        using var store = new BlobStore(packs);
        var tree = Scan(source, store, cache);
        Scan(source, store, cache);
        var medians = await Measure.MediansAsync(
            rounds,
            TimeSpan.Zero,
            new Timed(() => RunAsync("cp", "-a", source, copy), () => RunAsync("rm", "-rf", copy)),
            new Timed(() => Now(() =>
            {
                using var empty = new BlobStore(other);
                Scan(source, empty, other + "-stat");
            }), () => RunAsync("rm", "-rf", other, other + "-stat")),
            new Timed(() => RunAsync("find", source, "-newermt", "2200-01-01")),
            new Timed(() => Now(() => Scan(source, store, cache)), () => Now(() => Change(source))),
            new Timed(() => Now(() => Scan(source, store, cache)), async () =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200));
                Scan(source, store, cache);
            }),
            new Timed(() => Now(() =>
            {
                Directory.CreateDirectory(restored);
                using var directory = HostDirectory.Open(restored);
                new TreeWriter(store, owner: null).Fill(directory, tree.Root, CancellationToken.None);
            }), () => RunAsync("rm", "-rf", restored)));
        table.Add("floor: cp -a of 10,000 files, 100 MB", medians[0], "ms");
        table.Add("checkpoint of them, the first", medians[1], "ms", medians[0], "<= 1 x");
        table.Add("floor: find that looks at each of them", medians[2], "ms");
        table.Add("checkpoint of them, unchanged", medians[3], "ms", medians[2], "<= 3 x");
        table.Add("checkpoint of them, 10 changed (floor: unchanged)", medians[4], "ms", medians[3], "<= + 10 ms");
        table.Add("write them back (floor: cp -a)", medians[5], "ms", medians[0], "<= 0.7 x");
        await RunAsync("rm", "-rf", work);
    }

    private static void Make(string source)
    {
        var random = new Random(1);
        var content = new byte[BytesOfFile];
        for (var d = 0; d < Directories; d++)
        {
            var directory = Directory.CreateDirectory(Path.Combine(source, $"directory-{d}")).FullName;
            for (var f = 0; f < FilesInEach; f++)
            {
                random.NextBytes(content);
                File.WriteAllBytes(Path.Combine(directory, $"file-{f}"), content);
            }
        }
    }

    private static void Change(string source)
    {
        for (var i = 0; i < Changed; i++) File.WriteAllText(Path.Combine(source, $"directory-{i * 7}", "file-3"), Guid.NewGuid().ToString());
    }

    private static ScannedTree Scan(string source, BlobStore store, string cache)
    {
        using var root = HostDirectory.Open(source);
        var known = StatCache.Read(cache, HostFile.TryStat(source)!.Value);
        using var writer = new PackWriter(store.Path);
        var tree = new TreeScan(known, new PackSink(store, writer), TimeProvider.System).Run(root, CancellationToken.None);
        store.Add(writer);
        known.Write(cache);
        return tree;
    }

    private static Task Now(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }
}
