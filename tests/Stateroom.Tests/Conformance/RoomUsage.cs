using System.Globalization;

namespace Stateroom.Tests.Conformance;

/// <summary>What a room and this process hold at one moment.</summary>
/// <param name="GuestKilobytes">Resident memory of the guest.</param>
/// <param name="GuestDescriptors">Open files of the guest; null where they cannot be read.</param>
/// <param name="Processes">Processes in the room besides the guest.</param>
/// <param name="ControlFiles">Files under the directories of /run in the room.</param>
/// <param name="HostBytes">Managed memory of this process.</param>
/// <param name="HostDescriptors">Open files of this process.</param>
internal sealed record RoomUsage(long GuestKilobytes, int? GuestDescriptors, int Processes, int ControlFiles, long HostBytes, int HostDescriptors)
{
    private const long MoreGuestKilobytes = 4 << 10, MoreHostBytes = 24 << 20;

    // The runtime opens assemblies and event queues now and then.
    private const int MoreHostDescriptors = 10, MoreGuestDescriptors = 2;

    public static async Task<RoomUsage> MeasureAsync(ISandbox room)
    {
        var told = await OutputAsync(room, "awk '/VmRSS/ {print $2}' /proc/1/status; find /run -mindepth 2 | wc -l; readlink /proc/self/ns/pid");
        var lines = told.Split('\n');
        var processes = await room.ListProcessesAsync();
        return new RoomUsage(Number(lines[0]), GuestDescriptorCount(lines[2]), processes.Count, (int)Number(lines[1]), GC.GetTotalMemory(forceFullCollection: true), Directory.GetFiles("/proc/self/fd").Length);
    }

    /// <summary>Checks that nothing has grown from here to there beyond what chance gives.</summary>
    public void AssertNoMore(RoomUsage later)
    {
        Assert.Equal((Processes, ControlFiles), (later.Processes, later.ControlFiles));
        Assert.True(later.GuestKilobytes - GuestKilobytes < MoreGuestKilobytes, $"The guest has grown from {GuestKilobytes} to {later.GuestKilobytes} KiB.");
        Assert.True(later.HostBytes - HostBytes < MoreHostBytes, $"This process has grown from {HostBytes} to {later.HostBytes} bytes.");
        Assert.True(later.HostDescriptors - HostDescriptors < MoreHostDescriptors, $"This process had {HostDescriptors} open files and has {later.HostDescriptors}.");
        if (GuestDescriptors is { } had && later.GuestDescriptors is { } has) Assert.True(has - had < MoreGuestDescriptors, $"The guest had {had} open files and has {has}.");
        else TestContext.Current.AddWarning("The guest's open files are not compared: this user cannot read them, since the guest is not dumpable.");
    }

    private static async Task<string> OutputAsync(ISandbox room, string line)
    {
        var result = await room.RunAsync(line).WaitAsync(Patience.Limit);
        Assert.True(result.Success, $"{line}: {result.ToShellCode()} {result.StderrText}");
        return result.StdoutText.TrimEnd('\n');
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    // The guest is process 1 of the room's process namespace.
    private static int? GuestDescriptorCount(string pidNamespace)
    {
        foreach (var process in Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)))
        {
            try
            {
                if (new FileInfo(Path.Combine(process, "ns/pid")).LinkTarget != pidNamespace) continue;
                var ids = File.ReadLines(Path.Combine(process, "status")).First(l => l.StartsWith("NSpid:", StringComparison.Ordinal)).Split('\t');
                if (ids[^1] == "1") return Directory.GetFileSystemEntries(Path.Combine(process, "fd")).Length;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or it does not show itself to this user.
                continue;
            }
        }
        return null;
    }
}
