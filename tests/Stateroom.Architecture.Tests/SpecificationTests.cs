using System.Text.RegularExpressions;

namespace Stateroom.Architecture.Tests;

/// <summary>SPECIFICATION.md publishes what is promised; each promise names the test that shows it, or says that it is pending.</summary>
public sealed partial class SpecificationTests
{
    private static readonly string Specification = Path.Combine(Repository.Root, "SPECIFICATION.md");

    [Fact]
    public void Every_test_that_the_specification_names_exists()
    {
        Assert.SkipUnless(File.Exists(Specification), "SPECIFICATION.md is not in this checkout yet.");
        var tests = Repository.Code("tests").Select(File.ReadAllText).ToList();
        var missing =
            from match in NamedTest().Matches(File.ReadAllText(Specification))
            let name = match.Groups["class"].Value
            let method = match.Groups["method"].Value
            where !tests.Any(t => Regex.IsMatch(t, $@"class {name}\b") && Regex.IsMatch(t, $@"\b{method}\("))
            select match.Value;
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_promise_of_the_specification_names_a_test_or_says_that_it_is_pending()
    {
        Assert.SkipUnless(File.Exists(Specification), "SPECIFICATION.md is not in this checkout yet.");
        // A promise is a numbered point with the lines that belong to it.
        var promises = Promise().Matches(File.ReadAllText(Specification)).Select(m => m.Value.Trim()).ToList();
        Assert.NotEmpty(promises);
        Assert.DoesNotContain(promises, p => !NamedTest().IsMatch(p) && !p.Contains("pending", StringComparison.OrdinalIgnoreCase));
    }

    [GeneratedRegex(@"Test:\s*`?(?<class>\w+)\.(?<method>\w+)`?")]
    private static partial Regex NamedTest();

    [GeneratedRegex(@"^\d+\. .*(\n(?!\d+\. |#|\n).*)*", RegexOptions.Multiline)]
    private static partial Regex Promise();
}
