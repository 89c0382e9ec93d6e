using System.Formats.Tar;

namespace Stateroom.Tests.Files;

/// <summary>Trees as one tar stream, and tar streams that mean harm.</summary>
public sealed class FileArchiveTests : FilesTest
{
    private const string Tree = """
        mkdir -p t/empty t/closed t/.dot; printf '#!/bin/sh\n' > t/run; chmod 751 t/run; echo x > t/.dot/file; printf '' > t/none
        ln -s run t/link; ln -s /absolute/nowhere t/dangling; ln t/run t/hard
        touch -d '2001-02-03T04:05:06.123456789Z' t/run; touch -h -d '1999-01-01T00:00:00.5Z' t/link; touch -d '1950-01-01T00:00:00.25Z' t/none
        echo odd > "t/$(printf 'o\377d\nd \\x')"; echo lang > t/$(printf 'ä%.0s' $(seq 90)); mkdir -p t/$(printf 'd%.0s' $(seq 120)); echo deep > t/$(printf 'd%.0s' $(seq 120))/f
        head -c 700000 /dev/urandom > t/big; chmod 555 t/closed; touch -d '2002-02-02T02:02:02.2Z' t/closed
        """;

    // Modes, types, links, sizes, times to the nanosecond, targets, and the content of every file.
    private static string Look(string directory) =>
        $"cd {directory}; find . -printf '%p %y %m %n %s %T@ %l\\n' | grep -av '^\\. ' | sed -E 's/ d ([0-9]+) [0-9]+ [0-9]+/ d \\1/' | LC_ALL=C sort | od -c; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum";

    [Fact]
    public async Task A_tree_comes_back_from_a_stream_as_it_was()
    {
        await Output(Tree);
        using var stream = new MemoryStream();
        var read = await Files.ReadArchiveAsync("t", stream);
        stream.Position = 0;
        var written = await Files.WriteArchiveAsync("/home/room/copy", stream);
        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(await Output(Look("t")), await Output(Look("/home/room/copy")));
        Assert.Equal((read.Files, read.Directories, read.Links, read.Bytes), (written.Files, written.Directories, written.Links, written.Bytes));
        Assert.Empty(read.LeftOut);
        Assert.Empty(written.LeftOut);
    }

    [Fact]
    public async Task Tar_of_the_system_reads_our_streams_and_we_read_its()
    {
        await Output(Tree);
        await using (var file = File.Create(Path.Combine(Outside, "ours.tar"))) await Files.ReadArchiveAsync("t", file);
        Host("mkdir out; tar xpf ours.tar -C out; tar cf pax.tar --format=pax -C out .; tar cf gnu.tar --format=gnu -C out .");
        Assert.Equal(await Output(Look("t")), Host(Look("out")));
        foreach (var format in (string[])["pax", "gnu"])
        {
            await using var file = File.OpenRead(Path.Combine(Outside, format + ".tar"));
            await Files.WriteArchiveAsync(format, file);
        }
        Assert.Equal(await Output(Look("t")), await Output(Look("pax")));
        // GNU's own format has whole seconds.
        Assert.Equal(await Output("cd t; find . -type f -o -type l | LC_ALL=C sort"), await Output("cd gnu; find . -type f -o -type l | LC_ALL=C sort"));
    }

    [Fact]
    public async Task The_library_of_dotnet_reads_our_streams()
    {
        await Output("mkdir -p t/d; echo content > t/d/ä; ln -s d t/l");
        using var stream = new MemoryStream();
        await Files.ReadArchiveAsync("t", stream);
        stream.Position = 0;
        await using var reader = new TarReader(stream);
        var names = new List<string>();
        while (await reader.GetNextEntryAsync() is { } entry) names.Add($"{entry.EntryType} {entry.Name} {entry.LinkName}".TrimEnd());
        Assert.Equal(["Directory ./", "Directory d/", "RegularFile d/ä", "SymbolicLink l d"], names);
    }

    [Fact]
    public async Task What_is_no_file_is_told_and_not_opened()
    {
        await Output("mkdir t; mkfifo t/pipe; echo x > t/closed; chmod 000 t/closed; python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"t/sock\")'");
        using var stream = new MemoryStream();
        var read = await Files.ReadArchiveAsync("t", stream).WaitAsync(Patience.Limit);
        Assert.Equal(["closed", "pipe", "sock"], read.LeftOut.Select(left => left.Path));
        Assert.Equal(["is a named pipe", "is a socket"], read.LeftOut.Skip(1).Select(left => left.Reason));
        Assert.Equal((0, 1), (read.Files, read.Directories));
        Host("mkdir in; mkfifo in/p; tar cf in.tar -C in .");
        await using var file = File.OpenRead(Path.Combine(Outside, "in.tar"));
        Assert.Equal([new LeftOut("p", "is a named pipe")], (await Files.WriteArchiveAsync("in", file)).LeftOut);
    }

    [Fact]
    public async Task A_set_user_id_bit_stays_in_the_room()
    {
        await Output("mkdir t; touch t/f; chmod 4755 t/f");
        using var stream = new MemoryStream();
        await Files.ReadArchiveAsync("t", stream);
        stream.Position = 0;
        await using var reader = new TarReader(stream);
        await reader.GetNextEntryAsync();
        Assert.Equal((UnixFileMode)0b111_101_101, (await reader.GetNextEntryAsync())!.Mode);
    }

    [Fact]
    public async Task Files_with_holes_are_unpacked_with_their_holes()
    {
        // Few pieces, whose map is in the header, and many, whose map goes on behind it; one ends with a hole, one is nothing else.
        Host("""
            mkdir in; truncate -s 200M in/few; echo middle | dd of=in/few bs=1M seek=100 conv=notrunc status=none; truncate -s 100M in/none; truncate -s 80M in/many
            for i in {1..70}; do echo piece $i | dd of=in/many bs=1M seek=$i conv=notrunc status=none; done; echo -n end >> in/many; tar cSf in.tar -C in .
            """);
        Assert.InRange(new FileInfo(Path.Combine(Outside, "in.tar")).Length, 1, 10 << 20);
        await using var file = File.OpenRead(Path.Combine(Outside, "in.tar"));
        var unpacked = await Files.WriteArchiveAsync("in", file);
        Assert.Equal((3L, (380L << 20) + 3), (unpacked.Files, unpacked.Bytes));
        Assert.Equal(Host("cd in; sha256sum few many none; stat -c %s few many none"), await Output("cd in; sha256sum few many none; stat -c %s few many none"));
        Assert.InRange(int.Parse(await Output("du -sk in | cut -f1"), System.Globalization.CultureInfo.InvariantCulture), 1, 4096);
    }

    [Fact]
    public async Task What_was_unpacked_before_an_error_is_told()
    {
        Host("mkdir in; echo a > in/a; truncate -s 1M in/b; tar cSf in.tar --format=posix -C in a b");
        await using var file = File.OpenRead(Path.Combine(Outside, "in.tar"));
        var error = await Assert.ThrowsAsync<ArchiveException>(() => Files.WriteArchiveAsync("in", file));
        Assert.Contains("Make it without --sparse. What came before it was unpacked and stays: 1 entry.", error.Message, StringComparison.Ordinal);
        Assert.Equal("a", await Output("ls -A in"));
        Assert.Contains("Nothing was unpacked.", (await Assert.ThrowsAsync<ArchiveException>(() => Files.WriteArchiveAsync("in", Stream.Null))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_leaves_no_half_file()
    {
        Host("mkdir in; head -c 100000 /dev/urandom > in/f; tar cf in.tar -C in .");
        var tar = await File.ReadAllBytesAsync(Path.Combine(Outside, "in.tar"));
        await Output("mkdir in; echo old > in/f");
        await Assert.ThrowsAsync<ArchiveException>(() => Files.WriteArchiveAsync("in", new MemoryStream(tar[..50_000])));
        Assert.Equal("f old", await Output("echo $(ls -A in) $(cat in/f)"));
    }

    public static TheoryData<string, TarEntry[]> Malicious => new()
    {
        { "dotdot", [File_("../planted")] },
        { "dotdot in the middle", [File_("d/../../planted")] },
        { "dotdot that would stay inside", [File_("d/../planted")] },
        { "absolute", [File_("/tmp/stateroom-planted")] },
        { "through an absolute link", [Link("way", "/tmp"), File_("way/stateroom-planted")] },
        { "through a relative link", [Link("way", "../../.."), File_("way/planted")] },
        { "through a link inside", [Directory_("d"), Link("way", "d"), File_("way/planted")] },
        { "a directory over a link", [Link("way", "../../.."), Directory_("way"), File_("way/planted")] },
        { "through two links", [Link("a", ".."), Link("b", "a/.."), File_("b/planted")] },
        { "a hard link to an absolute path", [Hard("h", "/etc/passwd")] },
        { "a hard link above", [Hard("h", "../../.stateroom/session.json")] },
        { "a hard link through a link", [Link("way", "../.stateroom"), Hard("h", "way/session.json"), File_("h")] },
        { "a hard link to what is not there", [Hard("h", "nothing")] },
        { "a file with no name", [File_("./")] },
    };

    [Theory]
    [MemberData(nameof(Malicious))]
    public async Task A_stream_that_would_write_elsewhere_fails_and_writes_nothing_there(string what, TarEntry[] entries)
    {
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, leaveOpen: true))
            foreach (var entry in entries) await writer.WriteEntryAsync(entry);
        stream.Position = 0;
        var record = await File.ReadAllBytesAsync(Path.Combine(HomeDirectory, "sessions", "room", ".stateroom", "session.json"));
        var error = await Assert.ThrowsAsync<ArchiveException>(() => Files.WriteArchiveAsync("into", stream));
        Assert.Equal("archive_invalid", error.Code);
        foreach (var place in (string[])[HomeDirectory, HomeDirectory + "/sessions", HomeDirectory + "/sessions/room", OnHost("")]) Assert.False(File.Exists(Path.Combine(place, "planted")), $"{what}: {place}");
        Assert.False(File.Exists("/tmp/stateroom-planted"), what);
        Assert.Equal(record, await File.ReadAllBytesAsync(Path.Combine(HomeDirectory, "sessions", "room", ".stateroom", "session.json")));
    }

    [Fact]
    public async Task A_link_in_the_place_of_a_file_is_replaced_and_not_written_through()
    {
        await Output("mkdir into; echo old > target; ln -s ../target into/f; ln target into/g");
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, leaveOpen: true))
            foreach (var name in (string[])["f", "g"]) await writer.WriteEntryAsync(File_(name));
        stream.Position = 0;
        await Files.WriteArchiveAsync("into", stream);
        Assert.Equal("old planted planted", await Output("echo $(cat target) $(cat into/f) $(cat into/g)"));
    }

    [Fact]
    public async Task A_directory_on_the_way_that_is_a_link_is_told()
    {
        await Output("mkdir into real; ln -s ../real into/d");
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, leaveOpen: true)) await writer.WriteEntryAsync(File_("d/f"));
        stream.Position = 0;
        Assert.Contains("through", (await Assert.ThrowsAsync<ArchiveException>(() => Files.WriteArchiveAsync("into", stream))).Message, StringComparison.Ordinal);
        Assert.Equal("", await Output("ls real"));
    }

    [Fact]
    public async Task The_mode_of_a_directory_that_was_there_stays_the_rooms()
    {
        var before = (await Files.StatAsync("/workspace"))!.Mode;
        using var stream = new MemoryStream();
        await using (var writer = new TarWriter(stream, leaveOpen: true))
            foreach (var entry in (TarEntry[])[Directory_("./"), File_("f")]) await writer.WriteEntryAsync(entry);
        stream.Position = 0;
        await Files.WriteArchiveAsync(".", stream);
        Assert.Equal(before, (await Files.StatAsync("/workspace"))!.Mode);
    }

    [Theory]
    [InlineData("empty")]
    [InlineData("text")]
    [InlineData("gzip")]
    [InlineData("cut")]
    [InlineData("cut at a block")]
    [InlineData("bit")]
    public async Task A_stream_that_is_damaged_is_told(string how)
    {
        Host("mkdir in; echo content > in/f; head -c 5000 /dev/zero > in/g; tar cf in.tar -C in .; tar czf in.tgz -C in .");
        var tar = await File.ReadAllBytesAsync(Path.Combine(Outside, "in.tar"));
        var data = how switch
        {
            "empty" => [],
            "text" => Bytes(new string('x', 2000)),
            "gzip" => [.. await File.ReadAllBytesAsync(Path.Combine(Outside, "in.tgz")), .. new byte[512]],
            "cut" => tar[..(tar.AsSpan().IndexOf(Bytes("content")) + 3)],
            "cut at a block" => tar[..(tar.AsSpan().IndexOf(Bytes("content")) + 512)],
            _ => [.. tar[..600], (byte)(tar[600] ^ 1), .. tar[601..]],
        };
        var error = await Assert.ThrowsAsync<ArchiveException>(() => Files.WriteArchiveAsync("into", new MemoryStream(data)));
        if (how == "gzip") Assert.Contains("gunzip", error.Message, StringComparison.Ordinal);
    }

    private static PaxTarEntry File_(string name) => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("planted"u8.ToArray()) };

    private static PaxTarEntry Directory_(string name) => new(TarEntryType.Directory, name) { Mode = (UnixFileMode)0b111_111_111 };

    private static PaxTarEntry Link(string name, string target) => new(TarEntryType.SymbolicLink, name) { LinkName = target };

    private static PaxTarEntry Hard(string name, string target) => new(TarEntryType.HardLink, name) { LinkName = target };
}
