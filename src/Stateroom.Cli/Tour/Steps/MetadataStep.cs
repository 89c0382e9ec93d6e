using System.Text.Json;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 3: session.json and history.jsonl.</summary>
internal static class MetadataStep
{
    private static readonly string[] Documented =
        ["session_id", "box_id", "created_at", "updated_at", "total_commands", "total_files_created", "workspace_path"];

    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Session Metadata");
        using var session = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(tour.MetadataDirectory, "session.json"), tour.Cancellation));
        tour.Story.WriteLine("session.json:");
        foreach (var field in Documented)
        {
            TourContext.Expect(session.RootElement.TryGetProperty(field, out var value), $"the field {field} in session.json");
            tour.Story.WriteLine($"  {field}: {value}");
        }
        TourContext.Expect(session.RootElement.GetProperty("session_id").GetString() == TourContext.SessionId, "the session's id in session.json");
        TourContext.Expect(session.RootElement.GetProperty("workspace_path").GetString() == tour.Workspace, "the workspace's path in session.json");

        tour.Story.WriteLine("\nhistory.jsonl:");
        var actions = new List<string>();
        await foreach (var line in File.ReadLinesAsync(Path.Combine(tour.MetadataDirectory, "history.jsonl"), tour.Cancellation))
        {
            using var entry = JsonDocument.Parse(line);
            var action = entry.RootElement.GetProperty("action").GetString()!;
            actions.Add(action);
            // Commands are many; the tutorial looks at these two.
            if (action is HistoryActions.SessionCreated or HistoryActions.CodeExecution) tour.Story.WriteLine(Terminal.Printable(line));
        }
        TourContext.Expect(actions.Contains(HistoryActions.SessionCreated), "session_created in the history");
        TourContext.Expect(actions.Contains(HistoryActions.CodeExecution), "code_execution in the history");
        var files = actions.Count(a => a == HistoryActions.FileCreated);
        TourContext.Expect(files >= 2, $"file_created for both files in the history, not {files} times");
        TourContext.Expect(session.RootElement.GetProperty("total_files_created").GetInt64() == files, $"total_files_created to be the {files} of the history");
    }
}
