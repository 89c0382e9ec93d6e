namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 10: both clean-ups.</summary>
internal static class CleanUpStep
{
    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Cleaning Up");
        tour.Story.WriteLine("Cleaning up session (keeping workspace)...");
        await tour.Stateroom.CleanUpAsync(TourContext.SessionId, removeWorkspace: false, tour.Cancellation);
        await ExpectGoneAsync(tour);
        await tour.ReadFileAsync("app.py");
        tour.Story.WriteLine($"✅ Session removed, workspace preserved at {tour.SessionDirectory}/\n");

        // A new session of that name adopts the files, so that there is something to remove.
        await (await tour.Stateroom.CreateAsync(TourContext.SessionId, null, tour.Cancellation)).DisposeAsync();
        await tour.ReadFileAsync("app.py");
        tour.Story.WriteLine("Cleaning up session and workspace...");
        await tour.Stateroom.CleanUpAsync(TourContext.SessionId, removeWorkspace: true, tour.Cancellation);
        await ExpectGoneAsync(tour);
        TourContext.Expect(!Directory.Exists(tour.SessionDirectory), $"{tour.SessionDirectory} to be gone");
        tour.IsCreated = false;
        tour.Story.WriteLine("✅ Session and workspace completely removed");
    }

    private static async Task ExpectGoneAsync(TourContext tour)
    {
        try
        {
            await tour.Stateroom.GetAsync(TourContext.SessionId, tour.Cancellation);
        }
        catch (SessionNotFoundException)
        {
            return;
        }
        throw new TourFailedException($"Expected session '{TourContext.SessionId}' not to be found any more.");
    }
}
