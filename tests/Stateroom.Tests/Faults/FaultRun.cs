using Stateroom.Faults;

namespace Stateroom.Tests.Faults;

/// <summary>Runs the script until something dies, then the checks.</summary>
internal static class FaultRun
{
    /// <param name="failpoint">Where the host dies, as <see cref="Failpoint.Variable"/> says it.</param>
    /// <param name="says">What it says then; null for anything.</param>
    public static async Task HostAsync(string failpoint, string? says)
    {
        using var home = new FaultHome();
        var (told, diedAt) = await FaultChild.RunAsync(home.Path, failpoint);
        Assert.True(diedAt is not null && (says is null || says == diedAt), $"The host was to die at {failpoint}; it said '{diedAt}'.");
        CheckOutcomes(told, mayBeLost: false);
        await CheckAsync(home.Path, told, diedAt);
    }

    /// <inheritdoc cref="HostAsync"/>
    public static async Task GuestAsync(string failpoint, string? says)
    {
        using var home = new FaultHome();
        var runtime = new ArmedRuntime(home.Path, failpoint);
        var options = FaultChild.Options(home.Path) with { Runtimes = [runtime] };
        var told = new Transcript();
        var failures = new List<string>();
        await using (var host = StateroomHost.Local(options))
        {
            var script = new FaultScript(host, home.Path, options, told.Add) { Failed = (step, failure) => failures.Add($"{step}: {failure.GetType().Name}: {failure.Message}") };
            await script.RunAsync().WaitAsync(Patience.Limit);
        }
        Assert.True(runtime.DiedAt is not null && (says is null || says == runtime.DiedAt), $"The guest was to die at {failpoint}; it said '{runtime.DiedAt}'.");
        CheckOutcomes(told, mayBeLost: true);
        // A room that dies fails what ran in it, not what comes after.
        Assert.InRange(failures.Count, 0, 6);
        await CheckAsync(home.Path, told, $"{runtime.DiedAt}\n{string.Join('\n', failures)}");
    }

    private static async Task CheckAsync(string home, Transcript told, string? diedAt)
    {
        try
        {
            await new FaultChecks(home, told).RunAsync().WaitAsync(Patience.Limit);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"After {diedAt}: {failure.Message}\nTold were:\n{told}", failure);
        }
    }

    // What a caller was told is what the command comes to, or, where a room died, that nobody knows: never another code.
    private static void CheckOutcomes(Transcript told, bool mayBeLost)
    {
        var runs = Expected.Runs.Select(run => (run.Key, run.Value)).Concat(Expected.Commands);
        foreach (var (step, run) in runs)
        {
            if (told.Outcome(step) is not { } outcome) continue;
            if (mayBeLost && outcome.StartsWith("Lost - ", StringComparison.Ordinal)) continue;
            Assert.Equal($"{step} {run}", $"{step} {outcome}");
        }
    }
}
