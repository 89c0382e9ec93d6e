using System.Globalization;
using Stateroom.Faults;

namespace Stateroom.Tests.Faults;

/// <summary>Kills at places that a seed chooses among all hits of all failpoints, of the host or of the guest.</summary>
public sealed class RandomKillTests
{
    /// <summary>The first seed; the environment variable gives another one, to look elsewhere or at one that failed.</summary>
    private const string SeedVariable = "STATEROOM_FAULT_SEED";

    // So many hits there are in every run of the script, and in its first room.
    private const int HitsOfTheHost = 650, HitsOfTheGuest = 320, Kills = 30;

    public static TheoryData<int> Seeds
    {
        get
        {
            var first = int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), CultureInfo.InvariantCulture, out var given) ? given : 1;
            return [.. Enumerable.Range(first, Kills)];
        }
    }

    [Theory]
    [Trait("Category", "Stress")]
    [MemberData(nameof(Seeds))]
    public Task A_kill_at_a_random_hit_leaves_nothing_that_is_not_so(int seed)
    {
        var random = new Random(seed);
        return random.Next(3) == 0
            ? FaultRun.GuestAsync($"{Failpoint.Any}:{random.Next(1, HitsOfTheGuest)}", null)
            : FaultRun.HostAsync($"{Failpoint.Any}:{random.Next(1, HitsOfTheHost)}", null);
    }
}
