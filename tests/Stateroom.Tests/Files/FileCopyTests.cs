namespace Stateroom.Tests.Files;

/// <summary>Copies between the host and a session.</summary>
public sealed class FileCopyTests : FilesTest
{
    private static string Look(string directory) =>
        $"cd {directory}; find . -printf '%p %y %m %n %T@ %l\\n' | grep -av '^\\. ' | sed -E 's/ d ([0-9]+) [0-9]+/ d \\1/' | LC_ALL=C sort | od -c; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";

    [Fact]
    public async Task A_tree_goes_in_and_out_as_it_is()
    {
        Host("""
            mkdir -p t/empty t/.dot/deep t/closed; echo run > t/run; chmod 751 t/run; ln t/run t/hard; ln -s run t/link; ln -s /nowhere t/dangling; echo x > t/closed/f; chmod 555 t/closed
            printf odd > "t/$(printf 'o\377\n')"; touch -d '2001-02-03T04:05:06.123456789Z' t/run; touch -h -d '1999-01-01T00:00:00Z' t/link; touch t/.dot/deep/.file
            """);
        var copied = await Files.CopyInAsync(Outside + "/t", "in/t");
        Assert.Equal((5, 5, 2), (copied.Files, copied.Directories, copied.Links));
        Assert.Empty(copied.LeftOut);
        Assert.Equal(Host(Look("t")), await Output(Look("in/t")));
        Assert.Equal("run more", await Output("echo more >> in/t/hard; echo $(cat in/t/run)"));
        await Files.CopyOutAsync("in/t", Outside + "/out");
        Assert.Equal(await Output(Look("in/t")), Host(Look("out")));
    }

    [Fact]
    public async Task Five_hundred_files_go_in_at_once()
    {
        Host("mkdir -p t/{1..10}; for i in {1..500}; do echo file $i > t/$((i % 10 + 1))/$i; done");
        var reports = new List<FileProgress>();
        var copied = await Files.CopyInAsync(Outside + "/t", "t", new Reports(reports));
        Assert.Equal((500, 11), (copied.Files, copied.Directories));
        Assert.Equal("500 500", await Output("echo $(find t -type f | wc -l) $(cat t/*/* | sort -u | wc -l)"));
        Assert.True(reports.Count > 2);
        Assert.Equal(new FileProgress(511, copied.Bytes), reports[^1]);
        await Output("rm -r t/1; echo changed > t/2/1");
    }

    [Fact]
    public async Task Single_files_keep_mode_and_time_and_replace_in_one_step()
    {
        Host("echo tool > tool; chmod 755 tool; touch -d '2001-02-03T04:05:06.123456789Z' tool");
        await Files.CopyInAsync(Outside + "/tool", "bin/tool");
        Assert.Equal("755 2001-02-03 04:05:06.123456789 tool", await Output("TZ=UTC stat -c '%a %y' bin/tool | cut -d' ' -f1-3 | tr '\\n' ' '; cat bin/tool"));
        await Output("echo changed > bin/tool");
        await Files.CopyOutAsync("bin/tool", Outside + "/tool");
        Assert.Equal("changed 755", Host("echo $(cat tool) $(stat -c %a tool)"));
        await Assert.ThrowsAsync<SessionFileNotFoundException>(() => Files.CopyInAsync(Outside + "/none", "x"));
        await Assert.ThrowsAsync<SessionFileNotFoundException>(() => Files.CopyOutAsync("none", Outside + "/x"));
        await Assert.ThrowsAsync<SessionFileException>(() => Files.CopyInAsync(Outside + "/tool", "bin"));
    }

    [Fact]
    public async Task Holes_stay_holes_both_ways()
    {
        const string Sparse = "truncate -s 200M t/big; echo middle | dd of=t/big bs=1M seek=100 conv=notrunc status=none; truncate -s 100M t/empty; echo end >> t/empty; head -c 1000000 /dev/zero > t/zeros";
        const string Look = "for f in big empty zeros; do stat -c '%n %s' $f; dd if=$f bs=1M skip=100 count=1 status=none | tr -d '\\0'; tail -c 4 $f | od -c; done";
        Host("mkdir t; " + Sparse);
        var copied = await Files.CopyInAsync(Outside + "/t", "t");
        Assert.Equal((3L, (300L << 20) + 4 + 1_000_000), (copied.Files, copied.Bytes));
        await Files.CopyInAsync(Outside + "/t/big", "single");
        Assert.Equal(Host($"cd t; {Look}"), await Output($"cd t; {Look}; cmp big ../single"));
        await Files.CopyOutAsync("t", Outside + "/out");
        await Files.CopyOutAsync("single", Outside + "/out/big");
        Assert.Equal(Host($"cd t; {Look}"), Host($"cd out; {Look}"));
        foreach (var kilobytes in (string[])[await Output("du -sk t | cut -f1"), await Output("du -sk single | cut -f1"), Host("du -sk out | cut -f1")])
            Assert.InRange(int.Parse(kilobytes, System.Globalization.CultureInfo.InvariantCulture), 1, 8192);
    }

    [Fact]
    public async Task A_file_that_becomes_shorter_is_told_once_as_copied_in_part()
    {
        Host("mkdir t; head -c 40000000 /dev/urandom > t/f");
        var cut = new Cutting(Outside + "/t/f");
        var copied = await Files.CopyInAsync(Outside + "/t", "t", cut);
        var told = Assert.Single(copied.LeftOut);
        Assert.Equal(("f", true), (told.Path, told.IsCopied));
        Assert.Matches("^became shorter while it was read; the copy ends at byte [0-9]+$", told.Reason);
        Assert.Equal(copied.Bytes, (await Files.StatAsync("t/f"))!.Size);

        // A stream has announced the size.
        await Output("head -c 40000000 /dev/urandom > t/f");
        using var stream = new MemoryStream();
        var read = await Files.ReadArchiveAsync("t", stream, new Cutting(OnHost("t/f")));
        Assert.Contains("on the copy is zeros", Assert.Single(read.LeftOut).Reason, StringComparison.Ordinal);
    }

    private sealed class Cutting(string path) : IProgress<FileProgress>
    {
        public void Report(FileProgress value)
        {
            if (value.Bytes is 0 or > 8_000_000) return;
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(10_000_000);
        }
    }

    [Fact]
    public async Task Pipes_and_sockets_are_told_and_never_opened_on_either_side()
    {
        Host("mkdir t; mkfifo t/pipe; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"t/sock\")'; echo x > t/f");
        var copied = await Files.CopyInAsync(Outside + "/t", "t").WaitAsync(Patience.Limit);
        Assert.Equal([new LeftOut("pipe", "is a named pipe"), new LeftOut("sock", "is a socket")], copied.LeftOut);
        Assert.Equal("f", await Output("ls t; mkfifo t/other"));
        Assert.Equal([new LeftOut("other", "is a named pipe")], (await Files.CopyOutAsync("t", Outside + "/out").WaitAsync(Patience.Limit)).LeftOut);
        await Assert.ThrowsAsync<SessionFileException>(() => Files.CopyInAsync(Outside + "/t/pipe", "x").WaitAsync(Patience.Limit));
    }

    [Fact]
    public async Task Nothing_planted_in_the_destination_is_written_through()
    {
        Host("mkdir -p out secret; echo untouched > secret/f; echo untouched > secret/d; ln -s ../secret out/d; ln -s ../secret/f out/f; ln secret/f out/g");
        await Output("mkdir t; echo room > t/f; echo room > t/g");
        await Files.CopyOutAsync("t", Outside + "/out");
        Assert.Equal("room room untouched", Host("echo $(cat out/f out/g secret/f)"));
        await Output("mkdir t/d; echo room > t/d/f");
        await Assert.ThrowsAsync<ArchiveException>(() => Files.CopyOutAsync("t", Outside + "/out"));
        Assert.Equal("untouched", Host("cat secret/f"));
        Host("ln -s secret/f one");
        await Files.CopyOutAsync("t/f", Outside + "/one");
        Assert.Equal("room untouched", Host("echo $(cat one secret/f)"));
    }

    [Fact]
    public async Task Copying_out_while_links_are_swapped_never_takes_a_file_of_the_host()
    {
        await File.WriteAllLinesAsync(Path.Combine(HomeDirectory, "secret"), ["only the host may read this"]);
        await Output("mkdir -p t true; echo inside > true/secret; echo inside > file");
        await using var swapping = await Session.StartAsync(["sh", "-c",
            "while :; do ln -sfn ../../../.. t/d; rm t/d; cp -r true t/d; rm -r t/d; ln -s ../../../../secret t/x && mv -T t/x t/leaf; cp file t/x && mv -T t/x t/leaf; done 2>/dev/null"]);
        var seen = new HashSet<string>();
        using var limit = new CancellationTokenSource(Patience.Limit);
        for (var i = 0; i < 100 || !seen.Contains("inside"); i++)
        {
            limit.Token.ThrowIfCancellationRequested();
            var error = await Record.ExceptionAsync(() => Files.CopyOutAsync("t", $"{Outside}/out{i}"));
            Assert.True(error is null or StateroomException, $"{error}");
            seen.UnionWith(Host($"find out{i} -type f -exec cat {{}} + ; rm -rf out{i}").Split('\n'));
        }
        await swapping.CancelAsync();
        Assert.DoesNotContain("only the host may read this", seen);
    }

    [Fact]
    public async Task Nothing_that_leaves_belongs_to_another_user_or_keeps_its_set_user_id_bit()
    {
        await Output("mkdir t; echo x > t/f; chmod 6755 t/f");
        await Files.CopyOutAsync("t", Outside + "/out");
        Assert.Equal($"{Host("id -u")} 755", Host("stat -c '%u %a' out/f"));
        await Files.CopyOutAsync("t/f", Outside + "/f");
        Assert.Equal("755", Host("stat -c %a f"));
    }

    [Fact]
    [Trait("Category", "Stress")]
    public async Task A_file_of_three_gigabytes_is_copied()
    {
        await Output("truncate -s 3G big; echo end >> big");
        await Files.CopyOutAsync("big", Outside + "/big");
        Assert.Equal("3221225476 end", Host("echo $(stat -c %s big) $(tail -c 4 big)"));
        await Files.CopyInAsync(Outside + "/big", "again");
        Assert.Equal("3221225476 end", await Output("echo $(stat -c %s again) $(tail -c 4 again)"));
    }

    private sealed class Reports(List<FileProgress> reports) : IProgress<FileProgress>
    {
        public void Report(FileProgress value) => reports.Add(value);
    }
}
