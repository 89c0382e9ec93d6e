using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>The samples are programs that check themselves; they are run as their readers run them.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task The_readmes_program_runs_as_it_stands_and_says_what_it_misses()
    {
        var checkout = Checkout.Find();
        await using var home = new CliHome { Limit = Patience.Limit * 10 };
        await SkipUnlessWritableAsync(home, checkout);
        var readme = await File.ReadAllTextAsync(Path.Combine(checkout, "README.md"));
        var program = readme.Split("```csharp\n")[1].Split("```")[0].Replace("/path/to/stateroom/", checkout + "/", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(home.Root, "hello.cs"), program);
        var result = (await home.ShellAsync("dotnet run -c Release hello.cs")).Succeeded();
        Assert.Contains("ANTHROPIC_API_KEY", result.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_of_the_scripted_models_page_runs_as_it_stands()
    {
        var checkout = Checkout.Find();
        await using var home = new CliHome { Limit = Patience.Limit * 10 };
        await SkipUnlessWritableAsync(home, checkout);
        var page = await File.ReadAllTextAsync(Path.Combine(checkout, "docs", "scripted-model.md"));
        var program = page.Split("```csharp\n")[1].Split("```")[0].Replace("/path/to/stateroom/", checkout + "/", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(home.Root, "offline.cs"), program);
        var result = (await home.ShellAsync("dotnet run -c Release offline.cs")).Succeeded();
        Assert.Contains("""{"message":"Hello!"}""", result.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("first-session.cs", "completely removed")]
    [InlineData("shells.cs", "All as expected")]
    [InlineData("patterns.cs", "All as expected")]
    [InlineData("session-lifecycle.cs", "All as expected")]
    public async Task A_sample_does_what_it_says(string sample, string end)
    {
        var checkout = Checkout.Find();
        // Built first, then virtual environments, servers and pytest.
        await using var home = new CliHome { Limit = Patience.Limit * 10 };
        await SkipUnlessWritableAsync(home, checkout);
        var locked = Path.Combine(checkout, "samples", sample + ".packages.lock.json");
        var packages = await File.ReadAllTextAsync(locked);
        var result = (await home.ShellAsync($"cd '{checkout}' && dotnet run -c Release samples/{sample}")).Succeeded();
        Assert.True(packages == await File.ReadAllTextAsync(locked), $"'{locked}' was not up to date, and the run has changed it.");
        Assert.Contains(end, result.Stdout, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(home.Root, "stateroom-sample-*"));
    }

    private static async Task SkipUnlessWritableAsync(CliHome home, string checkout)
    {
        Assert.SkipUnless((await home.ShellAsync($"test -w '{checkout}/artifacts'")).ExitCode == 0, "samples are built in the checkout, and it is another user's");
        // Build servers would keep our pipes open.
        home.Set("TMPDIR", home.Root).Set("MSBUILDDISABLENODEREUSE", "1").Set("UseSharedCompilation", "false");
    }
}
