using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>The main job, end to end.</summary>
public sealed class TourTests
{
    [Fact]
    public async Task The_tour_takes_every_step_and_leaves_nothing_behind()
    {
        // Ten steps with a virtual environment, pip, a server and pytest.
        await using var home = new CliHome { Limit = Patience.Limit * 10 };
        var tour = (await home.RunAsync("tour", "--json")).Succeeded();
        Assert.All(tour.Json.GetProperty("steps").EnumerateArray(), s => Assert.True(s.GetProperty("success").GetBoolean(), s.ToString()));
        Assert.Equal(10, tour.Json.GetProperty("steps").GetArrayLength());
        Assert.Contains("=== Creating Persistent Session ===", tour.Stderr, StringComparison.Ordinal);
        Assert.Equal("[]", (await home.RunAsync("session", "list", "--json")).Stdout.Trim());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(home.Home, "sessions")));
    }

    [Fact]
    public async Task The_tour_does_not_touch_a_session_of_that_name()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "tour-flask")).Succeeded();
        var tour = await home.RunAsync("tour");
        Assert.Equal(1, tour.ExitCode);
        Assert.Contains("Step 1", tour.Stderr, StringComparison.Ordinal);
        Assert.Contains("already exists", tour.Stderr, StringComparison.Ordinal);
        Assert.Contains("session rm tour-flask", tour.Stderr, StringComparison.Ordinal);
        (await home.RunAsync("session", "show", "tour-flask")).Succeeded();
    }

    [Fact]
    public async Task Files_kept_from_an_earlier_session_of_that_name_are_not_touched()
    {
        await using var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "tour-flask")).Succeeded();
        (await home.RunAsync("run", "tour-flask", "--", "echo mine > app.py")).Succeeded();
        (await home.RunAsync("session", "rm", "tour-flask", "--keep-files")).Succeeded();
        Assert.Equal(1, (await home.RunAsync("tour")).ExitCode);
        Assert.Equal("mine\n", await File.ReadAllTextAsync(Path.Combine(home.Home, "sessions", "tour-flask", "workspace", "app.py")));
    }
}
