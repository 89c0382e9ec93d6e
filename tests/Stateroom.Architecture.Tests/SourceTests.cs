using System.Text.RegularExpressions;

namespace Stateroom.Architecture.Tests;

/// <summary>Rules on how the sources are written.</summary>
public sealed partial class SourceTests
{
    [Fact]
    public void No_source_file_has_more_than_500_lines_and_most_are_short()
    {
        var sizes = Repository.Code("src").Select(f => (File: Repository.Relative(f), Lines: File.ReadLines(f).Count())).OrderBy(f => f.Lines).ToList();
        Assert.DoesNotContain(sizes, f => f.Lines > 500);
        var (file, lines) = sizes[sizes.Count * 9 / 10];
        Assert.True(lines < 250, $"One file in ten has {lines} lines or more, such as {file}: split the long ones.");
    }

    [Fact]
    public void Nothing_is_left_for_later() => AssertNone(LeftForLater(), "src", "tests", "benchmarks", "samples");

    [Fact]
    public void No_exception_is_caught_and_dropped_without_a_word() => AssertNone(EmptyCatch(), "src", "tests", "benchmarks", "samples");

    private static void AssertNone(Regex pattern, params string[] directories)
    {
        var found =
            from file in Repository.Code(directories)
            where Path.GetFileName(file) != "SourceTests.cs"
            let text = File.ReadAllText(file)
            from match in pattern.Matches(text)
            select $"{Repository.Relative(file)}:{text.AsSpan(0, match.Index).Count('\n') + 1}: {match.Value.Trim()}";
        Assert.Empty(found);
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex LeftForLater();

    [GeneratedRegex(@"catch\s*(\([^)]*\))?\s*(when\s*\([^{]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();
}
