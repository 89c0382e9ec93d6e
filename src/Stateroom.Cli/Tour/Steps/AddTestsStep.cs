using System.Text.RegularExpressions;

namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 7: tests, written and run.</summary>
internal static partial class AddTestsStep
{
    private const string Prompt = """
        Create test_app.py with pytest tests for all three endpoints:
        1. Test GET / returns correct message
        2. Test GET /users returns two users
        3. Test GET /health returns status and version
        Add pytest to requirements.txt and install it.
        Run the tests with pytest.
        """;

    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Adding Unit Tests");
        var response = await tour.CodeElsewhereAsync(Prompt);
        await tour.ReadFileAsync("test_app.py");
        var run = await TourChild.RunAsync(tour.Cancellation, "exec", TourContext.SessionId, "--", "python3", "-m", "pytest", "-q");
        TourContext.Expect(run.ExitCode == 0, $"the tests to pass when we run them ourselves; pytest ended with code {run.ExitCode}: {run.Output}{run.Error}");
        var passed = Passed().Match(run.Output);
        TourContext.Expect(passed.Success && int.Parse(passed.Groups[1].Value) >= 3, $"at least three passing tests: {run.Output}");
        tour.Story.WriteLine("✅ Tests created and executed!");
        tour.Story.WriteLine($"\nTest output:\n{response}");
    }

    [GeneratedRegex(@"(\d+) passed")]
    private static partial Regex Passed();
}
