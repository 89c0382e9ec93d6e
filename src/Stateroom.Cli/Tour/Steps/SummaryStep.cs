using Stateroom.Cli.Sessions;

namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 8: what the session says of itself.</summary>
internal static class SummaryStep
{
    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Session Lifecycle Summary");
        var info = await tour.Stateroom.GetAsync(TourContext.SessionId, tour.Cancellation);
        SessionPrinter.Print(tour.Story, info);
        var history = new List<HistoryEntry>();
        await foreach (var entry in tour.Stateroom.ReadHistoryAsync(TourContext.SessionId, tour.Cancellation)) history.Add(entry);
        tour.Story.WriteLine("\nSession History:");
        tour.Story.WriteLine($"  Total Actions: {history.Count}");
        tour.Story.WriteLine("\n  Recent Actions:");
        foreach (var entry in history.TakeLast(5)) tour.Story.WriteLine($"    - {entry.Action} at {SessionPrinter.Time(entry.Timestamp)}");

        Check(HistoryActions.CodeExecution, info.TotalTurns, "turns");
        Check(HistoryActions.Command, info.TotalCommands, "commands");
        Check(HistoryActions.FileCreated, info.TotalFilesCreated, "files created");
        TourContext.Expect(info.TotalTurns == 5, $"five turns, not {info.TotalTurns}");

        void Check(string action, long counter, string what)
        {
            var recorded = history.Count(e => e.Action == action);
            TourContext.Expect(recorded == counter, $"the counter of {what} ({counter}) to be what the history records ({recorded})");
        }
    }
}
