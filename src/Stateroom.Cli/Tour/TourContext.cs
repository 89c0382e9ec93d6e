using System.Text.Json;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Tour;

/// <summary>What the steps share.</summary>
internal sealed class TourContext(IStateroom stateroom, TextWriter story, CancellationToken cancellation)
{
    public const string SessionId = "tour-flask";

    /// <summary>Steps take seconds with the scripted model; a real one may think.</summary>
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(10);

    public IStateroom Stateroom { get; } = stateroom;

    /// <summary>Where the story is told.</summary>
    public TextWriter Story { get; } = story;

    public CancellationToken Cancellation { get; private set; } = cancellation;

    /// <summary>True from the moment there is something to clean up.</summary>
    public bool IsCreated { get; set; }

    /// <summary>The workspace on this host; set by the first step.</summary>
    public string Workspace { get; set; } = "";

    public string SessionDirectory => Path.GetDirectoryName(Workspace)!;

    public string MetadataDirectory => Path.Combine(SessionDirectory, ".stateroom");

    public async Task<TourStepView> TakeAsync(TourStep step, int number)
    {
        var started = TimeProvider.System.GetTimestamp();
        var outer = Cancellation;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(outer);
        limit.CancelAfter(StepLimit);
        Cancellation = limit.Token;
        string? error = null;
        try
        {
            await step.RunAsync(this);
        }
        catch (TourFailedException e)
        {
            error = e.Message;
        }
        catch (StateroomException e)
        {
            error = $"{e.Message} [{e.Code}]";
        }
        catch (OperationCanceledException) when (!outer.IsCancellationRequested)
        {
            error = $"It took longer than {StepLimit.TotalMinutes:0} minutes.";
        }
        finally
        {
            Cancellation = outer;
        }
        return new TourStepView(number, step.Name, TimeProvider.System.GetElapsedTime(started).TotalMilliseconds, error is null, error);
    }

    public void Heading(string text) => Story.WriteLine($"\n=== {text} ===\n");

    public static void Expect(bool holds, string expectation)
    {
        if (!holds) throw new TourFailedException($"Expected {expectation.TrimEnd('.', '\n')}.");
    }

    /// <summary>A file of the workspace, as the host sees it.</summary>
    public async Task<string> ReadFileAsync(string name)
    {
        var path = Path.Combine(Workspace, name);
        Expect(File.Exists(path), $"the file {path} on this host");
        return await File.ReadAllTextAsync(path, Cancellation);
    }

    /// <summary>Gives a prompt to the agent from another process, as someone would who comes back on another day.</summary>
    public async Task<string> CodeElsewhereAsync(string prompt)
    {
        var child = await TourChild.RunAsync(Cancellation, "code", "-s", SessionId, "--json", prompt);
        Expect(child.ExitCode == 0, $"'stateroom code' to succeed in another process; it ended with code {child.ExitCode}: {child.Error}");
        using var result = JsonDocument.Parse(child.Output);
        Expect(result.RootElement.GetProperty("success").GetBoolean(), $"the agent to succeed; it said: {child.Output}");
        return result.RootElement.GetProperty("response").GetString()!;
    }
}
