namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 9: files are the same on both sides, and outlive the room.</summary>
internal static class PersistenceStep
{
    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Workspace Persistence");
        const string fromHost = "from-host.txt", fromRoom = "from-room.txt";
        await using (var file = File.CreateText(Path.Combine(tour.Workspace, fromHost))) await file.WriteAsync("written on the host");
        var seen = await TourChild.RunAsync(tour.Cancellation, "run", TourContext.SessionId, "--", $"printf 'written in the room' > {fromRoom}; cat {fromHost}");
        TourContext.Expect(seen.ExitCode == 0 && seen.Output == "written on the host", $"the room to read what the host wrote: {seen.Output}{seen.Error}");
        tour.Story.WriteLine("✅ A file written on the host is read in the room");

        TourContext.Expect(await tour.ReadFileAsync(fromRoom) == "written in the room", "the host to read what the room wrote");
        tour.Story.WriteLine("✅ A file written in the room is read on the host");

        await tour.Stateroom.CloseAsync(TourContext.SessionId, tour.Cancellation);
        TourContext.Expect((await tour.Stateroom.GetAsync(TourContext.SessionId, tour.Cancellation)).State == SessionState.Closed, "the closed session to say so");
        await tour.ReadFileAsync(fromRoom);
        tour.Story.WriteLine("✅ With the room closed, the files are still there");
    }
}
