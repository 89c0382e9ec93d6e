using System.Diagnostics;
using Stateroom.Checkpoints.Blobs;
using Stateroom.Checkpoints.Trees;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Tests.Checkpoints;

/// <summary>A directory to be kept, a store, and a look at trees that is not ours (find and sha256sum).</summary>
internal sealed class TreeBench : IDisposable
{
    private readonly TempHome _home = new();

    public TreeBench()
    {
        Source = Directory.CreateDirectory(Path.Combine(_home.Path, "source")).FullName;
        Store = new BlobStore(Path.Combine(_home.Path, "packs"));
    }

    public string Source { get; }

    public BlobStore Store { get; set; }

    public string Cache => Path.Combine(_home.Path, "stat");

    public string Packs => Store.Path;

    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Scans the source into the store.</summary>
    public ScannedTree Scan() => Scan(out _);

    /// <param name="bytes">What was new to the store.</param>
    public ScannedTree Scan(out long bytes)
    {
        using var root = HostDirectory.Open(Source);
        var cache = StatCache.Read(Cache, StatOf(Source));
        using var writer = new PackWriter(Packs);
        var tree = new TreeScan(cache, new PackSink(Store, writer), Time).Run(root, CancellationToken.None);
        bytes = writer.Bytes;
        Store.Add(writer);
        cache.Write(Cache);
        return tree;
    }

    /// <summary>Writes a tree into a new directory.</summary>
    public string Restore(TreeEntry tree)
    {
        var target = Directory.CreateDirectory(Path.Combine(_home.Path, $"restored-{Guid.NewGuid():N}")).FullName;
        using var directory = HostDirectory.Open(target);
        new TreeWriter(Store, owner: null).Fill(directory, tree, CancellationToken.None);
        return target;
    }

    /// <summary>Changes the source into a tree that was kept.</summary>
    public void Return(TreeEntry tree)
    {
        var current = Scan();
        using var directory = HostDirectory.Open(Source);
        new TreeWriter(Store, owner: null).Change(directory, current.Root, id => TreeCodec.Decode(Store.Read(id)), tree, CancellationToken.None);
    }

    /// <summary>All that there is to a tree, a line for each name: type, mode, time, size, link, and the hash of each file.</summary>
    public static async Task<string> LookAsync(string directory)
    {
        const string Script = """
            find . -printf '%p\t%y\t%m\t%T@\t%l\t%n\t' \( -type f -printf '%s' \) -o -printf '' | sed -z 's/\n\./\n./g' | LC_ALL=C sort
            find . -type f -size -1G -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
            find . -links +1 -type f -printf '%p\t%i\0' | tr '\n\0' '\1\n' | LC_ALL=C sort | awk -F '\t' '{ i = $NF; if (!(i in g)) g[i] = ++n; sub(/\t[0-9]+$/, ""); print g[i], $0 }'
            """;
        return await ShellAsync(directory, Script);
    }

    public static Task<string> ShellAsync(string directory, string script) => RunAsync(directory, "bash", "-c", script);

    public static async Task<string> RunAsync(string directory, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = System.Text.Encoding.Latin1 };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(("", 0), (await errors, process.ExitCode));
        return output;
    }

    public void Dispose()
    {
        Store.Dispose();
        // .NET cannot remove names that are no text.
        using (var rm = Process.Start("/bin/sh", ["-c", "chmod -R u+rwX \"$1\"; rm -rf \"$1\"/*", "sh", _home.Path])) rm.WaitForExit();
        _home.Dispose();
    }

    private static unsafe Libc.Statx StatOf(string path)
    {
        Libc.Statx stat;
        Assert.Equal(0, Libc.statx(Libc.AT_FDCWD, path, 0, Libc.STATX_BASIC_STATS, &stat));
        return stat;
    }
}
