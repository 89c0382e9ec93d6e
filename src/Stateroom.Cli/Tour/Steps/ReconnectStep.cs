namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 4: other processes go on where this one left.</summary>
internal static class ReconnectStep
{
    private const string Users = """
        Add a GET /users endpoint to app.py that returns:
        {'users': [{'id': 1, 'name': 'Alice'}, {'id': 2, 'name': 'Bob'}]}
        """;

    private const string Health = """
        Add a GET /health endpoint that returns:
        {'status': 'healthy', 'version': '1.0.0'}
        """;

    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Reconnecting to Session");
        tour.Story.WriteLine($"Reconnected to: {TourContext.SessionId}");
        tour.Story.WriteLine($"Workspace: {tour.Workspace}\n");

        tour.Story.WriteLine("Task: Add user endpoint...");
        await tour.CodeElsewhereAsync(Users);
        TourContext.Expect((await tour.ReadFileAsync("app.py")).Contains("/users", StringComparison.Ordinal), "/users in app.py");
        tour.Story.WriteLine("✅ User endpoint added!\n");

        tour.Story.WriteLine("Task: Add health check endpoint...");
        await tour.CodeElsewhereAsync(Health);
        var app = await tour.ReadFileAsync("app.py");
        TourContext.Expect(app.Contains("/health", StringComparison.Ordinal), "/health in app.py");
        TourContext.Expect(app.Contains("/users", StringComparison.Ordinal), "/users still in app.py");
        tour.Story.WriteLine("✅ Health check added!\n");
        tour.Story.WriteLine($"app.py:\n{app.TrimEnd()}");
    }
}
