using Stateroom.Faults;
using Stateroom.Protocol;

namespace Stateroom.Tests.Faults;

/// <summary>Each failpoint of host and guest: what was told happened, and nothing that is told is wrong. Some of each kind always, all of them at length.</summary>
public sealed class FailpointTests
{
    public static TheoryData<string> OfTheHost => [.. Enum.GetNames<HostFailpoint>()];

    public static TheoryData<string> OfTheGuest => [.. Enum.GetNames<GuestFailpoint>()];

    [Theory]
    [Trait("Category", "Stress")]
    [MemberData(nameof(OfTheHost))]
    public Task A_host_that_dies_at_any_point_has_told_nothing_that_is_not_so(string failpoint) => FaultRun.HostAsync(failpoint, $"failpoint {failpoint}");

    [Theory]
    [Trait("Category", "Stress")]
    [MemberData(nameof(OfTheGuest))]
    public Task A_guest_that_dies_at_any_point_has_told_nothing_that_is_not_so(string failpoint) => FaultRun.GuestAsync(failpoint, $"failpoint {failpoint}");

    [Theory]
    [InlineData(nameof(HostFailpoint.HistoryTorn))]
    [InlineData(nameof(HostFailpoint.SessionBegun))]
    [InlineData(nameof(HostFailpoint.RoomSpawned))]
    [InlineData(nameof(HostFailpoint.LogCreated))]
    [InlineData(nameof(HostFailpoint.ExecSent))]
    [InlineData(nameof(HostFailpoint.FileWritten))]
    [InlineData(nameof(HostFailpoint.CopyTorn))]
    [InlineData(nameof(HostFailpoint.TurnTold))]
    [InlineData(nameof(HostFailpoint.CloseTold))]
    [InlineData(nameof(HostFailpoint.RestoreBegun))]
    [InlineData(nameof(HostFailpoint.RestoreRunning))]
    [InlineData(nameof(HostFailpoint.RetentionTold))]
    [InlineData(nameof(HostFailpoint.RepairSetAside))]
    [InlineData(nameof(HostFailpoint.NetworkTorn))]
    public Task A_host_that_dies_between_two_steps_has_told_nothing_that_is_not_so(string failpoint) => FaultRun.HostAsync(failpoint, $"failpoint {failpoint}");

    [Theory]
    [InlineData(nameof(GuestFailpoint.ExecSpawned))]
    [InlineData(nameof(GuestFailpoint.OutputTorn))]
    [InlineData(nameof(GuestFailpoint.EndRecorded))]
    [InlineData(nameof(GuestFailpoint.EndKnown))]
    [InlineData(nameof(GuestFailpoint.CommandWoken))]
    [InlineData(nameof(GuestFailpoint.CommandRecorded))]
    [InlineData(nameof(GuestFailpoint.StopKilled))]
    [InlineData(nameof(GuestFailpoint.PortHandedOver))]
    public Task A_guest_that_dies_between_two_steps_has_told_nothing_that_is_not_so(string failpoint) => FaultRun.GuestAsync(failpoint, $"failpoint {failpoint}");

    [Fact]
    public async Task Without_a_kill_every_step_comes_to_what_is_expected()
    {
        using var home = new FaultHome();
        var told = new Transcript();
        await using (var host = StateroomHost.Local(FaultChild.Options(home.Path)))
            await new FaultScript(host, home.Path, FaultChild.Options(home.Path), told.Add).RunAsync();
        Assert.All(told.Steps, step => Assert.NotNull(step.Outcome));
        foreach (var (step, run) in Expected.Runs) Assert.Equal($"{step} {run}", $"{step} {told.Outcome(step)}");
        foreach (var (step, run) in Expected.Commands) Assert.Equal($"{step} {run}", $"{step} {told.Outcome(step)}");
        await new FaultChecks(home.Path, told).RunAsync();
    }
}
