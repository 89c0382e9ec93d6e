namespace Stateroom.Cli.Tour.Steps;

/// <summary>Step 2: the workspace is a plain directory of this host.</summary>
internal static class ExploreStep
{
    public static async Task RunAsync(TourContext tour)
    {
        tour.Heading("Exploring the Workspace");
        tour.Story.WriteLine($"{TourContext.SessionId}/");
        string[] directories = ["workspace", ".stateroom"];
        foreach (var directory in directories)
        {
            var isLast = directory == directories[^1];
            tour.Story.WriteLine($"{(isLast ? "└──" : "├──")} {directory}/");
            var entries = new DirectoryInfo(Path.Combine(tour.SessionDirectory, directory)).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal).ToList();
            foreach (var entry in entries)
                tour.Story.WriteLine($"{(isLast ? " " : "│")}   {(entry == entries[^1] ? "└──" : "├──")} {entry.Name}{(entry is DirectoryInfo ? "/" : "")}");
        }
        TourContext.Expect(File.Exists(Path.Combine(tour.MetadataDirectory, "session.json")), "session.json beside the workspace");
        TourContext.Expect(File.Exists(Path.Combine(tour.MetadataDirectory, "history.jsonl")), "history.jsonl beside the workspace");

        var app = await tour.ReadFileAsync("app.py");
        tour.Story.WriteLine($"\napp.py:\n{app.TrimEnd()}");
        tour.Story.WriteLine($"\nrequirements.txt:\n{(await tour.ReadFileAsync("requirements.txt")).TrimEnd()}");
        TourContext.Expect(app.Contains("Flask(__name__)", StringComparison.Ordinal), "a Flask app in app.py");
    }
}
