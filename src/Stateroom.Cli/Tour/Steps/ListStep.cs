using System.Text.Json;

namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 5: what there is, running and stopped.</summary>
internal static class ListStep
{
    private const int Shown = 10;

    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("All Stateroom Sessions");
        // The commands of the step before left the room running, as commands do.
        await ListAsync(tour, "running");
        var closed = await TourChild.RunAsync(tour.Cancellation, "session", "close", TourContext.SessionId);
        TourContext.Expect(closed.ExitCode == 0, $"'stateroom session close' to succeed: {closed.Error}");
        tour.Story.Write(closed.Output + "\n");
        await ListAsync(tour, "stopped");
    }

    private static async Task ListAsync(TourContext tour, string status)
    {
        var child = await TourChild.RunAsync(tour.Cancellation, "session", "list", "--json");
        TourContext.Expect(child.ExitCode == 0, $"'stateroom session list' to succeed: {child.Error}");
        using var list = JsonDocument.Parse(child.Output);
        var sessions = list.RootElement.EnumerateArray().ToList();
        tour.Story.WriteLine($"Found {sessions.Count} session(s):\n");
        foreach (var session in sessions.Take(Shown))
        {
            tour.Story.WriteLine($"  Session: {session.GetProperty("id")}");
            tour.Story.WriteLine($"  Status: {session.GetProperty("status")}");
            tour.Story.WriteLine($"  Created: {session.GetProperty("created_at")}");
            tour.Story.WriteLine($"  Workspace: {session.GetProperty("workspace_path")}\n");
        }
        if (sessions.Count > Shown) tour.Story.WriteLine($"  ... and {sessions.Count - Shown} more\n");
        var ours = sessions.Find(s => s.GetProperty("id").GetString() == TourContext.SessionId);
        TourContext.Expect(ours.ValueKind == JsonValueKind.Object, $"session '{TourContext.SessionId}' in the list");
        TourContext.Expect(ours.GetProperty("status").GetString() == status, $"the status '{status}', not '{ours.GetProperty("status")}'");
    }
}
