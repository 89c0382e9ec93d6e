using System.Text;

namespace Stateroom.Tests.Files;

/// <summary>No path and no link leads out of a session's trees, whoever swaps what in meanwhile.</summary>
public sealed class FilePathTests : FilesTest
{
    private const string Secret = "only the host may read this";

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("/")]
    [InlineData("/home")]
    [InlineData("/home/roommate/x")]
    [InlineData("/workspaces/x")]
    [InlineData("/workspace/../home/room/x")]
    [InlineData("../home/x")]
    [InlineData("a/../../x")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task A_path_outside_of_the_two_trees_is_refused(string path)
    {
        await Files.CreateDirectoryAsync("a");
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.ReadAsync(path));
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.WriteAsync(path, Bytes("x")));
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.StatAsync(path));
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.RemoveAsync(path, recursive: true));
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.CopyInAsync(Outside, path));
    }

    [Fact]
    public async Task The_refusal_says_which_trees_there_are()
    {
        var error = await Assert.ThrowsAsync<PathRefusedException>(() => Files.ReadAsync("/etc/passwd"));
        Assert.Contains("'/workspace' and '/home/room'", error.Message, StringComparison.Ordinal);
        Assert.Contains("exec", error.Message, StringComparison.Ordinal);
        Assert.Equal("path_refused", error.Code);
    }

    [Fact]
    public async Task Half_of_a_character_is_refused()
    {
        foreach (var path in (string[])["half\ud800", "byte\udc00"]) await Assert.ThrowsAsync<PathRefusedException>(() => Files.ReadAsync(path));
    }

    [Fact]
    public async Task Links_that_stay_in_their_tree_work()
    {
        await Output("mkdir -p real/deep; echo found > real/deep/f; ln -s real/deep short; ln -s ../real/deep/f real/l; ln -s l real/ll; ln -s short/new made");
        Assert.Equal("found\n", await TextOf("short/f"));
        Assert.Equal("found\n", await TextOf("real/ll"));
        await Files.WriteAsync("real/ll", Bytes("through two links\n"));
        await Files.WriteAsync("made", Bytes("through a dangling one\n"));
        Assert.Equal("through two links\nthrough a dangling one", await Output("test -L real/ll && cat real/deep/f real/deep/new"));
        Assert.Equal("l", (await Files.StatAsync("real/ll"))!.LinkTarget);
    }

    [Fact]
    public async Task Only_a_slash_behind_a_last_link_leads_to_what_it_points_to()
    {
        await Output("mkdir real; ln -s real short; ln -s none dangling; ln -s / out");
        Assert.Equal(SessionFileType.Link, (await Files.StatAsync("short"))!.Type);
        foreach (var path in (string[])["short/", "short/."]) Assert.Equal(SessionFileType.Directory, (await Files.StatAsync(path))!.Type);
        Assert.Null(await Files.StatAsync("dangling/"));
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.StatAsync("out/"));
    }

    [Theory]
    [InlineData("/etc/passwd", "absolute")]
    [InlineData("/workspace/real", "absolute")]
    [InlineData("../../../secret", "leads out")]
    [InlineData("bad", "circle")]
    public async Task A_link_that_leads_out_is_refused_by_its_name(string target, string reason)
    {
        await File.WriteAllLinesAsync(Path.Combine(HomeDirectory, "secret"), [Secret]);
        await Output($"ln -s {target} bad; mkdir sub; echo real > real; ln -s ../bad sub/second");
        foreach (var path in (string[])["bad", "bad/x", "sub/second"])
        {
            foreach (var operation in (Func<Task>[])[() => Files.ReadAsync(path), () => Files.WriteAsync(path, Bytes("x")), () => Files.AppendAsync(path, Bytes("x")), () => Files.SetModeAsync(path, UnixFileMode.UserRead)])
            {
                var error = await Assert.ThrowsAsync<PathRefusedException>(operation);
                Assert.Contains("/workspace/", error.Message, StringComparison.Ordinal);
                Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            }
        }
        Assert.Equal(SessionFileType.Link, (await Files.StatAsync("bad"))!.Type);
        Assert.Equal([Secret], await File.ReadAllLinesAsync(Path.Combine(HomeDirectory, "secret")));
        await Files.RemoveAsync("bad");
        Assert.Null(await Files.StatAsync("bad"));
    }

    [Fact]
    public async Task Links_swapped_in_while_the_host_works_never_lead_it_out()
    {
        await File.WriteAllLinesAsync(Path.Combine(HomeDirectory, "secret"), [Secret]);
        await Output("mkdir -p true; echo inside > true/secret; echo inside > file");
        await using var swapping = await Session.StartAsync(["sh", "-c",
            "while :; do ln -sfn ../../.. t && mv -T t way; rm -f way; ln -sfn true t && mv -T t way; mkdir u; mv -T u dir; rmdir dir; ln -s ../../.. dir; rm dir; " +
            "ln -s ../../../secret v && mv -T v leaf; cp file v && mv -T v leaf; done"]);
        var outcomes = new HashSet<string>();
        using var limit = new CancellationTokenSource(Patience.Limit);
        for (var i = 0; i < 400 || outcomes.Count < 3; i++)
        {
            limit.Token.ThrowIfCancellationRequested();
            foreach (var path in (string[])["way/secret", "leaf"]) outcomes.Add(await Try(async () => Encoding.UTF8.GetString(await Files.ReadAsync(path))));
            outcomes.Add(await Try(() => Write("way/planted")) + "-");
            outcomes.Add(await Try(() => Write("dir/planted")) + "-");
            outcomes.Add(await Try(async () => string.Concat((await Files.ListAsync("way", recursive: true).ToListAsync()).Select(e => e.Path.Contains("session", StringComparison.Ordinal) ? Secret : ""))) + "-");
        }
        await swapping.CancelAsync();
        Assert.Contains("inside\n", outcomes);
        Assert.Contains("path_refused", outcomes);
        Assert.DoesNotContain(outcomes, outcome => outcome.Contains(Secret, StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(HomeDirectory, "planted")));

        async Task<string> Write(string path)
        {
            await Files.WriteAsync(path, Bytes("x"));
            return "";
        }

        static async Task<string> Try(Func<Task<string>> action)
        {
            try
            {
                return await action();
            }
            catch (StateroomException refused)
            {
                return refused.Code;
            }
        }
    }

    [Fact]
    public async Task A_named_pipe_where_a_file_is_expected_is_refused_without_waiting()
    {
        await Output("mkfifo p; ln -s p l");
        foreach (var path in (string[])["p", "l"])
        {
            var error = await Assert.ThrowsAsync<SessionFileException>(() => Files.ReadAsync(path).WaitAsync(Patience.Limit));
            Assert.Contains("named pipe", error.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<SessionFileException>(() => Files.AppendAsync(path, Bytes("x")).WaitAsync(Patience.Limit));
            await Assert.ThrowsAsync<SessionFileException>(() => Files.WriteAsync(path, Bytes("x")).WaitAsync(Patience.Limit));
        }
        Assert.Equal(SessionFileType.Fifo, (await Files.StatAsync("p"))!.Type);
    }

    [Fact]
    public async Task What_the_room_may_not_do_with_a_file_is_not_done_here()
    {
        Assert.SkipUnless(IsRoot, "Only a root host has files that a room's user may not read.");
        await File.WriteAllTextAsync(OnHost("roots"), Secret, Encoding.UTF8, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(OnHost("roots"), UnixFileMode.None);
        var error = await Assert.ThrowsAsync<SessionFileException>(() => Files.ReadAsync("roots"));
        Assert.Contains("EACCES", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_that_are_not_text_survive_a_round_trip()
    {
        await Output("""printf odd > "$(printf 'a\377b')"; printf literal > 'a\xffb'; printf line > "$(printf 'new\nline')" """);
        var entries = await Files.ListAsync(".").ToListAsync();
        Assert.Equal(["/workspace/a\\xffb", "/workspace/a\udcffb", "/workspace/new\nline"], entries.Select(e => e.Path));
        foreach (var (entry, content) in entries.Zip((string[])["literal", "odd", "line"])) Assert.Equal(content, await TextOf(entry.Path));
        await Files.MoveAsync("a\udcffb", "c\udcfed");
        await Files.RemoveAsync("new\nline");
        Assert.Equal("""c\376d""", await Output("ls -b | grep c"));
        Assert.Contains("\\xff", (await Assert.ThrowsAsync<SessionFileNotFoundException>(() => Files.ReadAsync("a\udcffb"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_session_of_the_same_id_is_not_reached_through_an_old_handle()
    {
        var files = Files;
        await Stateroom.CleanUpAsync("room", removeWorkspace: true);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => files.WriteAsync("a", Bytes("x")));
        await using var again = await Stateroom.CreateAsync("room");
        await Assert.ThrowsAsync<SessionNotFoundException>(() => files.WriteAsync("a", Bytes("x")));
        Assert.Empty(await again.Files.ListAsync(".").ToListAsync());
    }
}
