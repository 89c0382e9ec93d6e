namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 10 with --keep: the session stays, and how to go on.</summary>
internal static class KeepStep
{
    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Keeping the Session");
        await tour.ReadFileAsync("app.py");
        tour.Story.WriteLine($"Go on with:  stateroom code -s {TourContext.SessionId} 'Add a GET /time endpoint'");
        tour.Story.WriteLine($"Look around: stateroom run {TourContext.SessionId} -- 'ls -la'");
        tour.Story.WriteLine($"Clean up:    stateroom session rm {TourContext.SessionId} --yes");
    }
}
