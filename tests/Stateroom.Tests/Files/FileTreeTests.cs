namespace Stateroom.Tests.Files;

/// <summary>Listing, making, moving and removing.</summary>
public sealed class FileTreeTests : FilesTest
{
    [Fact]
    public async Task A_listing_tells_what_is_there_and_follows_no_link()
    {
        await Output("mkdir -p d/e .hidden; printf 12345 > d/f; chmod 640 d/f; touch -d '2001-02-03T04:05:06.7Z' d/f; ln -s ../.. d/up; mkfifo d/p");
        var entries = await Files.ListAsync("/workspace", recursive: true).ToListAsync();
        Assert.Equal(["/workspace/.hidden", "/workspace/d", "/workspace/d/e", "/workspace/d/f", "/workspace/d/p", "/workspace/d/up"], entries.Select(e => e.Path));
        var file = entries.Single(e => e.Path == "/workspace/d/f");
        Assert.Equal((SessionFileType.File, (UnixFileMode)0b110_100_000, 5L, "2001-02-03T04:05:06.7000000+00:00"), (file.Type, file.Mode, file.Size, file.ModifiedAt.ToString("O")));
        Assert.Equal((SessionFileType.Link, "../.."), (entries[^1].Type, entries[^1].LinkTarget));
        Assert.Equal(["/workspace/.hidden", "/workspace/d"], (await Files.ListAsync(".").ToListAsync()).Select(e => e.Path));
    }

    [Fact]
    public async Task A_directory_that_is_no_directory_is_told()
    {
        await Files.WriteAsync("f", Bytes("x"));
        await Assert.ThrowsAsync<SessionFileException>(async () => await Files.ListAsync("f").ToListAsync());
        await Assert.ThrowsAsync<SessionFileNotFoundException>(async () => await Files.ListAsync("none").ToListAsync());
        await Assert.ThrowsAsync<SessionFileExistsException>(() => Files.CreateDirectoryAsync("f"));
        await Assert.ThrowsAsync<SessionFileExistsException>(() => Files.WriteAsync("f/x", Bytes("x")));
    }

    [Fact]
    public async Task Directories_are_made_with_their_parents_and_mode()
    {
        await Files.CreateDirectoryAsync("a/b/c", (UnixFileMode)0b111_000_000);
        await Files.CreateDirectoryAsync("a/b/c");
        await Files.CreateDirectoryAsync("/workspace");
        Assert.Equal("700", await Output("stat -c %a a/b/c"));
    }

    [Fact]
    public async Task A_move_replaces_only_when_asked()
    {
        await Output("echo a > a; echo b > b; mkdir d");
        await Assert.ThrowsAsync<SessionFileExistsException>(() => Files.MoveAsync("a", "b"));
        await Files.MoveAsync("a", "b", overwrite: true);
        await Files.MoveAsync("b", "deep/er/c");
        await Files.MoveAsync("d", "deep/d");
        Assert.Equal("a deep/er/c", await Output("echo $(cat deep/er/c) $(find . -type f | cut -c3-)"));
        await Assert.ThrowsAsync<SessionFileNotFoundException>(() => Files.MoveAsync("none", "x/y"));
        await Assert.ThrowsAsync<PathRefusedException>(() => Files.MoveAsync("deep", "/home/room/deep"));
        await Assert.ThrowsAsync<SessionFileException>(() => Files.MoveAsync("deep", "deep/d/itself"));
    }

    [Fact]
    public async Task A_directory_goes_only_when_everything_in_it_may_go()
    {
        await Output("mkdir -p d/closed/inner; touch d/closed/inner/f; chmod 000 d/closed/inner d/closed; ln -s /etc d/link; mkfifo d/p; touch keep; ln -s ../keep d/k");
        await Assert.ThrowsAsync<SessionFileException>(() => Files.RemoveAsync("d"));
        await Files.RemoveAsync("d", recursive: true);
        await Files.RemoveAsync("d", recursive: true);
        Assert.Equal("keep", await Output("ls"));
        await Assert.ThrowsAsync<SessionFileException>(() => Files.RemoveAsync("/workspace", recursive: true));
    }

    [Fact]
    public async Task An_endlessly_deep_tree_can_be_removed()
    {
        await Output("i=0; mkdir top; cd top; while [ $i -lt 400 ]; do mkdir d; cd d; echo x > f; i=$((i+1)); done");
        await Files.RemoveAsync("top", recursive: true);
        Assert.Equal("", await Output("ls -A"));
    }

    [Fact]
    public async Task A_tree_that_the_room_goes_on_filling_is_removed_or_told_and_nothing_else_goes()
    {
        await Output("mkdir -p busy keep; echo kept > keep/f");
        await using var filling = await Session.StartAsync(["sh", "-c", "while :; do mkdir -p busy/a/b; ln -sfn ../../keep busy/a/l; touch busy/a/b/f busy/f; ln -sfn ../keep busy/b; done 2>/dev/null"]);
        for (var i = 0; i < 20; i++)
        {
            var error = await Record.ExceptionAsync(() => Files.RemoveAsync("busy", recursive: true).WaitAsync(Patience.Limit));
            Assert.True(error is null or SessionFileException, $"{error}");
        }
        await filling.CancelAsync();
        Assert.Equal("kept", await Output("cat keep/f"));
    }

    [Fact]
    public async Task A_mode_is_set_through_a_link_that_stays_inside()
    {
        await Output("echo x > f; chmod 000 f; ln -s f l");
        await Files.SetModeAsync("l", (UnixFileMode)0b110_000_000);
        Assert.Equal("600", await Output("stat -c %a f"));
    }

    [Fact]
    public async Task A_workspace_that_was_removed_by_hand_is_told()
    {
        await Session.CloseAsync();
        Directory.Delete(Session.WorkspacePath!.Value, recursive: true);
        var error = await Assert.ThrowsAsync<SessionFileException>(() => Files.ReadAsync("a"));
        Assert.Contains("restore", error.Message, StringComparison.Ordinal);
    }
}
