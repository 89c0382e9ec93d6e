using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Tour;

/// <summary><c>tour</c>: the tutorial's ten steps, each of which checks what it did.</summary>
internal static class TourVerb
{
    private static readonly Option<bool> Keep = new("--keep") { Description = "Leave the session at the end, instead of showing both clean-ups." };

    private static readonly Option<Uri?> ModelUrl = new("--model-url")
    {
        HelpName = "URL",
        Description = "Let the model at this address answer (ANTHROPIC_API_KEY is its key), instead of the scripted one on this machine.",
    };

    public static Command Create() =>
        new Command("tour", "Take the tutorial from end to end, offline: an agent builds, runs and tests a Flask project in a room.") { Keep, ModelUrl }
            .WithExamples("stateroom tour", "stateroom tour --keep && stateroom session show tour-flask", "stateroom tour --json 2>/dev/null | jq '.steps[].name'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var keep = invocation.Get(Keep);
        await using var model = await TourModel.StartAsync(invocation.Get(ModelUrl), invocation.Cancellation);
        await using var stateroom = StateroomHost.Local();
        using var story = invocation.Json ? DescriptorStream.Stderr.ToWriter() : DescriptorStream.Stdout.ToWriter();
        story.AutoFlush = true;
        var tour = new TourContext(stateroom, story, invocation.Cancellation);
        var steps = new List<TourStepView>();
        try
        {
            foreach (var step in TourSteps.All(keep))
            {
                var done = await tour.TakeAsync(step, steps.Count + 1);
                steps.Add(done);
                if (!done.Success) break;
            }
        }
        catch (OperationCanceledException)
        {
            if (tour.IsCreated && !keep) await stateroom.CleanUpAsync(TourContext.SessionId, removeWorkspace: true, CancellationToken.None);
            throw;
        }
        var failed = steps.Find(s => !s.Success);
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(new TourView(failed is null, TourContext.SessionId, keep, steps), CliJson.Default.TourView));
        if (failed is null) return ExitCodes.Ok;
        var left = tour.IsCreated ? $" 'stateroom session rm {TourContext.SessionId} --yes' removes what the tour left." : "";
        Diagnostics.Error("tour_failed", $"Step {failed.Number} ({failed.Name}): {failed.Error}{left}", invocation.Json);
        return ExitCodes.Failed;
    }
}
