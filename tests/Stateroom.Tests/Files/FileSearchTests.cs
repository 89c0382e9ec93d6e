using System.Text.RegularExpressions;

namespace Stateroom.Tests.Files;

/// <summary>Searching names and contents.</summary>
public sealed class FileSearchTests : FilesTest
{
    private async Task<string[]> Names(string glob, params string[] exclude) =>
        [.. (await Files.SearchAsync(".", new FileSearchOptions { Glob = glob, Exclude = exclude }).ToListAsync()).Select(hit => hit.Path["/workspace/".Length..])];

    [Fact]
    public async Task Names_are_found_by_patterns()
    {
        await Output("mkdir -p src/deep/er test; touch src/a.cs src/b.txt src/deep/c.cs src/deep/er/d.cs test/e.cs 'src/[x].cs'");
        Assert.Equal(["src/[x].cs", "src/a.cs", "src/deep/c.cs", "src/deep/er/d.cs", "test/e.cs"], await Names("*.cs"));
        Assert.Equal(["src/[x].cs", "src/a.cs"], await Names("src/*.cs"));
        Assert.Equal(["src/deep/c.cs", "src/deep/er/d.cs"], await Names("src/**/{c,d}.cs"));
        Assert.Equal(["src/[x].cs", "src/a.cs", "src/deep/c.cs", "src/deep/er/d.cs"], await Names("src/**/*.cs"));
        Assert.Equal(["src/a.cs", "src/deep/c.cs"], await Names("[a-c].cs"));
        Assert.Equal(["src/[x].cs", "test/e.cs"], await Names("[!a-d]*.cs"));
        Assert.Equal(["src/[x].cs", "src/a.cs", "test/e.cs"], await Names("*.cs", "deep"));
        Assert.Equal(["src/[x].cs"], await Names("\\[x].cs"));
    }

    [Fact]
    public async Task A_match_has_line_column_and_text()
    {
        await Output("printf 'one\\r\\ntwo Needle\\nneedle' > a; echo Needle > b; printf 'x' > c");
        var hits = await Files.SearchAsync("/workspace", new FileSearchOptions { Text = "Needle" }).ToListAsync();
        Assert.Equal([new FileSearchHit(FileSearchHitKind.Match, "/workspace/a", 2, 5, "two Needle"), new FileSearchHit(FileSearchHitKind.Match, "/workspace/b", 1, 1, "Needle")], hits);
        hits = await Files.SearchAsync("a", new FileSearchOptions { Regex = "^(?<x>n)ee", IgnoreCase = true }).ToListAsync();
        Assert.Equal([new FileSearchHit(FileSearchHitKind.Match, "/workspace/a", 3, 1, "needle")], hits);
        Assert.Equal(2, await Files.SearchAsync("a", new FileSearchOptions { Text = "NEEDLE", IgnoreCase = true }).CountAsync());
        Assert.Equal([1L], (await Files.SearchAsync("a", new FileSearchOptions { Regex = "one$" }).ToListAsync()).Select(hit => hit.Line));
    }

    [Fact]
    public async Task What_cannot_be_searched_is_told_and_binary_files_are_not_shown()
    {
        await Output("printf 'needle\\0needle\\n' > binary; echo needle > closed; chmod 000 closed; head -c 2000 /dev/zero > large; mkfifo pipe; ln -s /etc/passwd link; mkdir shut; chmod 000 shut; echo needle > text");
        var hits = await Files.SearchAsync(".", new FileSearchOptions { Text = "needle", MaxFileBytes = 1000 }).ToListAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Equal(["Binary binary", "Skipped closed", "Skipped large", "Skipped shut", "Match text"], hits.Select(hit => $"{hit.Kind} {hit.Path["/workspace/".Length..]}"));
        Assert.Null(hits[0].Text);
        Assert.Contains("EACCES", hits[1].Text, StringComparison.Ordinal);
        await Output("chmod 700 shut");
    }

    [Fact]
    public async Task Matches_are_bounded_and_long_lines_cut()
    {
        await Output("for i in 1 2 3 4 5; do echo line; done > a; head -c 5000 /dev/zero | tr '\\0' x > b; echo line >> b");
        var hits = await Files.SearchAsync("a", new FileSearchOptions { Text = "line", MaxMatches = 3 }).ToListAsync();
        Assert.Equal([FileSearchHitKind.Match, FileSearchHitKind.Match, FileSearchHitKind.Match, FileSearchHitKind.Truncated], hits.Select(hit => hit.Kind));
        Assert.Equal(5, await Files.SearchAsync("a", new FileSearchOptions { Text = "line", MaxMatches = 5 }).CountAsync());
        var long_ = Assert.Single(await Files.SearchAsync("b", new FileSearchOptions { Text = "line" }).ToListAsync());
        Assert.Equal((5001, 500), (long_.Column, long_.Text!.Length));
    }

    [Fact]
    public async Task A_pattern_that_takes_too_long_on_a_line_gives_up_on_it()
    {
        await Output("head -c 50000 /dev/zero | tr '\\0' a > a; echo >> a; echo aab >> a");
        var hits = await Files.SearchAsync("a", new FileSearchOptions { Regex = "^(?=(a+)+b)a" }).ToListAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Equal([(FileSearchHitKind.Skipped, 1L), (FileSearchHitKind.Match, 2L)], hits.Select(hit => (hit.Kind, hit.Line)));
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused_at_once()
    {
        foreach (var options in (FileSearchOptions[])[new() { Text = "a", Regex = "b" }, new() { Text = "" }, new() { Regex = "(" }, new() { Glob = "{a" }, new() { MaxMatches = 0 }])
            Assert.ThrowsAny<ArgumentException>(() => Files.SearchAsync(".", options));
        await Assert.ThrowsAsync<SessionFileNotFoundException>(async () => await Files.SearchAsync("none", new FileSearchOptions()).ToListAsync());
        Assert.ThrowsAny<RegexParseException>(() => Files.SearchAsync(".", new FileSearchOptions { Regex = "[" }));
    }
}
