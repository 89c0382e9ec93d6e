namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 1: a session of our own, and the agent's first task in it.</summary>
internal static class CreateStep
{
    private const string Prompt = """
        Create a Flask project with:
        1. app.py with a basic Flask app
        2. requirements.txt with Flask
        3. A GET / endpoint that returns {'message': 'Hello from Stateroom!'}
        4. Run pip install -r requirements.txt
        """;

    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Creating Persistent Session");
        await using var session = await CreateAsync(tour);
        tour.Story.WriteLine($"Session ID: {session.Id}");
        tour.Story.WriteLine($"Workspace: {session.WorkspacePath}");
        tour.Story.WriteLine($"Persistent: {session.IsPersistent}\n");
        TourContext.Expect(session.IsPersistent, "a persistent session");

        tour.Story.WriteLine("Task: Initialize Flask project...");
        var result = await session.CodeAsync(Prompt, null, tour.Cancellation);
        tour.Story.WriteLine($"Success: {result.Success}");
        tour.Story.WriteLine($"Response:\n{result.Response}\n");
        TourContext.Expect(result.Success, $"the agent to succeed; it said: {result.Error}");
        string[] made = ["app.py", "requirements.txt"];
        foreach (var file in made)
        {
            TourContext.Expect(result.FilesCreated.Contains(file), $"{file} among the files that the turn created ({string.Join(", ", result.FilesCreated)})");
            await tour.ReadFileAsync(file);
        }
        tour.Story.WriteLine("✅ Flask project initialized!");
    }

    private static async Task<ISession> CreateAsync(TourContext tour)
    {
        ISession session;
        try
        {
            session = await tour.Stateroom.CreateAsync(TourContext.SessionId, null, tour.Cancellation);
        }
        catch (SessionAlreadyExistsException)
        {
            throw new TourFailedException(
                $"Session '{TourContext.SessionId}' already exists. The tour uses that name: 'stateroom session rm {TourContext.SessionId} --yes' removes the session with its files.");
        }
        tour.Workspace = session.WorkspacePath!.Value;
        if (!Directory.EnumerateFileSystemEntries(tour.Workspace).Any())
        {
            tour.IsCreated = true;
            return session;
        }
        // Files that were kept from an earlier session of that name are not ours to change and remove.
        await session.DisposeAsync();
        await tour.Stateroom.CleanUpAsync(TourContext.SessionId, removeWorkspace: false, tour.Cancellation);
        throw new TourFailedException($"There are files from an earlier session in {tour.Workspace}. Move them away first; the tour did not touch them.");
    }
}
