using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>The samples are programs that check themselves; they are run as their readers run them.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData("first-session.cs", "completely removed")]
    [InlineData("shells.cs", "All as expected")]
    [InlineData("patterns.cs", "All as expected")]
    [InlineData("session-lifecycle.cs", "All as expected")]
    public async Task A_sample_does_what_it_says(string sample, string end)
    {
        var checkout = Checkout();
        Assert.SkipWhen(checkout is null, "samples are built in the checkout, and these tests were copied out of it");
        // Built first, then virtual environments, servers and pytest.
        await using var home = new CliHome { Limit = Patience.Limit * 10 };
        Assert.SkipUnless((await home.ShellAsync($"test -w '{checkout}/artifacts'")).ExitCode == 0, "samples are built in the checkout, and it is another user's");
        // Build servers would keep our pipes open.
        home.Set("TMPDIR", home.Root).Set("MSBUILDDISABLENODEREUSE", "1").Set("UseSharedCompilation", "false");
        var result = (await home.ShellAsync($"cd '{checkout}' && dotnet run -c Release samples/{sample}")).Succeeded();
        Assert.Contains(end, result.Stdout, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(home.Root, "stateroom-sample-*"));
    }

    private static string? Checkout()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Stateroom.slnx"))) return at.FullName;
        }
        return null;
    }
}
