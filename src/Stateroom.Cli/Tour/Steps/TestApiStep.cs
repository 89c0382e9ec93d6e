using System.Text.Json;

namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 6: the server runs in the background inside the room, and its endpoints answer.</summary>
internal static class TestApiStep
{
    private const string Prompt = """
        Start the Flask app in the background, then use curl to test all three endpoints:
        1. GET /
        2. GET /users
        3. GET /health
        Show the responses.
        """;

    private const string Server = "http://127.0.0.1:5000";

    private static readonly (string Path, string Answer)[] Endpoints =
    [
        ("/", """{"message": "Hello from Stateroom!"}"""),
        ("/users", """{"users": [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}]}"""),
        ("/health", """{"status": "healthy", "version": "1.0.0"}"""),
    ];

    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Testing Flask API");
        await using var session = await tour.Stateroom.OpenAsync(TourContext.SessionId, null, tour.Cancellation);
        var result = await session.CodeAsync(Prompt, null, tour.Cancellation);
        tour.Story.WriteLine($"Test Results:\n{result.Response}");
        TourContext.Expect(result.Success, $"the agent to succeed; it said: {result.Error}");
        foreach (var sign in (string[])["Hello from Stateroom!", "Alice", "healthy"])
            TourContext.Expect(result.Response.Contains(sign, StringComparison.Ordinal), $"'{sign}' in the agent's answer");

        // What the agent says is one thing. We ask the endpoints ourselves, of its server if that still runs, else of one that we start.
        await using var shell = await session.OpenShellAsync(null, tour.Cancellation);
        await shell.RunAsync($"curl -s -o /dev/null {Server}/ || {{ python3 app.py >/tmp/server.log 2>&1 & }}", null, tour.Cancellation);
        foreach (var (path, answer) in Endpoints)
        {
            var got = await shell.RunAsync($"curl -sS --fail --retry 30 --retry-connrefused --retry-delay 1 {Server}{path}", null, tour.Cancellation);
            TourContext.Expect(got.Success, $"GET {path} to answer in the room: {got.StderrText.Trim()}");
            TourContext.Expect(IsSame(got.StdoutText, answer), $"GET {path} to return {answer}, not {got.StdoutText.Trim()}");
        }
    }

    private static bool IsSame(string got, string wanted)
    {
        try
        {
            using var left = JsonDocument.Parse(got);
            using var right = JsonDocument.Parse(wanted);
            return JsonElement.DeepEquals(left.RootElement, right.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
