using System.Text;

namespace Stateroom.Tests.Files;

/// <summary>Reading and writing single files.</summary>
public sealed class FileContentTests : FilesTest
{
    [Fact]
    public async Task A_file_written_here_is_read_in_the_room_and_the_other_way_round()
    {
        await Files.WriteAsync("notes/today.txt", Bytes("from outside\n"));
        Assert.Equal("from outside", await Output("cat notes/today.txt"));
        await Output("echo from inside > /workspace/answer; echo home > ~/note");
        Assert.Equal("from inside\n", await TextOf("/workspace/answer"));
        Assert.Equal("home\n", await TextOf("/home/room/note"));
    }

    [Fact]
    public async Task Both_sides_can_edit_and_remove_what_the_other_made()
    {
        await Files.WriteAsync("made/outside", Bytes("a\n"));
        await Files.CreateDirectoryAsync("made/empty");
        Assert.Equal("a\nb", await Output("echo b >> made/outside; cat made/outside"));
        await Output("echo c > made/inside; mkdir -p made/deep/er; touch made/deep/er/x");
        await Files.AppendAsync("made/inside", Bytes("d\n"));
        await Files.WriteAsync("made/deep/er/x", Bytes("e"));
        Assert.Equal("c\nd\ne", await Output("cat made/inside made/deep/er/x"));
        await Output("rm made/outside; rmdir made/empty");
        await Files.RemoveAsync("made", recursive: true);
        Assert.Equal("", await Output("ls"));
    }

    [Fact]
    public async Task What_is_made_here_belongs_to_the_rooms_user()
    {
        await Files.WriteAsync("d/f", Bytes("x"));
        await Files.AppendAsync("log", Bytes("x"));
        await Files.CreateLinkAsync("l", "d/f");
        Assert.Equal("room room room room", await Output("stat -c %U d d/f log l | xargs"));
    }

    [Fact]
    public async Task Files_work_on_a_closed_session_and_leave_it_closed()
    {
        await Output("echo kept > a");
        await Session.CloseAsync();
        Assert.Equal("kept\n", await TextOf("a"));
        var files = await Stateroom.OpenFilesAsync("room");
        await files.WriteAsync("b", Bytes("written while closed\n"));
        Assert.Equal(SessionState.Closed, (await Session.GetInfoAsync()).State);
        await Session.RestoreAsync();
        Assert.Equal("written while closed", await Output("cat b"));
    }

    [Fact]
    public async Task File_operations_are_not_counted_as_commands()
    {
        await Files.WriteAsync("a", Bytes("x"));
        await Files.ReadAsync("a");
        await Files.RemoveAsync("a");
        Assert.Equal(0, (await Session.GetInfoAsync()).TotalCommands);
    }

    [Fact]
    public async Task A_write_replaces_the_whole_file_and_keeps_its_mode()
    {
        await Output("echo old > script; chmod 750 script; exec 3< script; ln script other");
        await Files.WriteAsync("script", Bytes("new\n"));
        Assert.Equal("750 new old", await Output("echo $(stat -c %a script) $(cat script) $(cat other)"));
        await Files.WriteAsync("script", Bytes("x"), new FileWriteOptions { Mode = (UnixFileMode)0b110_000_000 });
        Assert.Equal("600", await Output("stat -c %a script"));
        Assert.Equal(["other", "script"], (await Files.ListAsync(".").ToListAsync()).Select(e => Path.GetFileName(e.Path)));
    }

    [Fact]
    public async Task A_failed_write_leaves_the_old_content_and_nothing_else()
    {
        await Files.WriteAsync("a", Bytes("old"));
        await Assert.ThrowsAsync<InvalidDataException>(() => Files.WriteAsync("a", new BrokenStream()));
        using var canceled = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Files.WriteAsync("a", new CancelingStream(canceled), null, canceled.Token));
        Assert.Equal("old", await TextOf("a"));
        Assert.Single(await Files.ListAsync(".").ToListAsync());
    }

    [Fact]
    public async Task Create_only_refuses_what_is_there_and_a_dangling_link_too()
    {
        var createOnly = new FileWriteOptions { CreateOnly = true };
        await Files.WriteAsync("a", Bytes("1"), createOnly);
        await Files.CreateLinkAsync("dangling", "nowhere");
        await Assert.ThrowsAsync<SessionFileExistsException>(() => Files.WriteAsync("a", Bytes("2"), createOnly));
        await Assert.ThrowsAsync<SessionFileExistsException>(() => Files.WriteAsync("dangling", Bytes("2"), createOnly));
        Assert.Equal("1", await TextOf("a"));
        Assert.Null(await Files.StatAsync("nowhere"));
    }

    [Fact]
    public async Task Parts_and_streams_of_a_file_can_be_read()
    {
        await Files.WriteAsync("a", new MemoryStream(Bytes("0123456789")));
        Assert.Equal("345", Encoding.UTF8.GetString(await Files.ReadRangeAsync("a", 3, 3)));
        Assert.Equal("9", Encoding.UTF8.GetString(await Files.ReadRangeAsync("a", 9, 100)));
        Assert.Empty(await Files.ReadRangeAsync("a", 100, 5));
        await using var stream = await Files.OpenReadAsync("a");
        await Files.WriteAsync("a", Bytes("replaced"));
        stream.Seek(5, SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        Assert.Equal("56789", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task Many_appends_at_once_all_arrive_whole()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Files.AppendAsync("log", Bytes($"line {i:00}\n"))));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"line {i:00}"), (await TextOf("log")).TrimEnd('\n').Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_missing_file_is_told_as_missing()
    {
        Assert.Null(await Files.StatAsync("none"));
        Assert.Null(await Files.StatAsync("none/at/all"));
        Assert.Contains("/workspace/none", (await Assert.ThrowsAsync<SessionFileNotFoundException>(() => Files.ReadAsync("none"))).Message, StringComparison.Ordinal);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidDataException("broken");
    }

    private sealed class CancelingStream(CancellationTokenSource source) : MemoryStream(new byte[1 << 20])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            source.Cancel();
            return base.ReadAsync(buffer, CancellationToken.None);
        }
    }
}
