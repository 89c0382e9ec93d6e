namespace Stateroom.Tests.Faults;

/// <summary>What a script told: the steps that it began, and what came of each.</summary>
internal sealed class Transcript
{
    private readonly Dictionary<string, Step> _steps = new(StringComparer.Ordinal);

    /// <param name="Name">The step.</param>
    /// <param name="Outcome">Null while it is not known: the process died in the step, or the step failed.</param>
    public sealed record Step(string Name, string? Outcome);

    public IEnumerable<Step> Steps => _steps.Values;

    public static Transcript Parse(string text)
    {
        var transcript = new Transcript();
        // A line without an end was cut by the kill: nobody was told.
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)) transcript.Add(line);
        return transcript;
    }

    public void Add(string line)
    {
        var parts = line.Split(' ', 3);
        _steps[parts[1]] = new Step(parts[1], parts[0] == "done" ? parts[2] : null);
    }

    public bool HasBegun(string step) => _steps.ContainsKey(step);

    public bool IsDone(string step) => _steps.GetValueOrDefault(step)?.Outcome is not null;

    public bool IsPending(string step) => _steps.GetValueOrDefault(step) is { Outcome: null };

    public string? Outcome(string step) => _steps.GetValueOrDefault(step)?.Outcome;

    public override string ToString() => string.Join('\n', _steps.Values.Select(step => $"{step.Name}: {step.Outcome ?? "?"}"));
}
