using System.Diagnostics;

namespace Stateroom.Tests.Conformance;

/// <summary>A room's guest as the host sees it.</summary>
internal static class GuestProcess
{
    /// <summary>No file that the guest writes gets longer than this from here on, which is to it as if the disk were full.</summary>
    public static async Task LimitFilesAsync(ISandbox room, int bytes)
    {
        var guest = await FindAsync(room);
        string[] limit = ["prlimit", "--pid", Field(guest, "Pid"), $"--fsize={bytes}"];
        // A root without all capabilities may not do it, but the guest's own user may (prlimit(2)).
        if (Environment.IsPrivilegedProcess) limit = ["setpriv", "--reuid", Field(guest, "Uid"), "--regid", Field(guest, "Gid"), "--clear-groups", .. limit];
        using var setting = Process.Start(limit[0], limit[1..])!;
        await setting.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal(0, setting.ExitCode);
    }

    /// <summary>Its status as /proc tells it: it is the parent of what it starts.</summary>
    private static async Task<string> FindAsync(ISandbox room)
    {
        var time = $"1000.{Random.Shared.NextInt64(1_000_000_000_000):D12}";
        await using var exec = await room.StartAsync(["sleep", time]);
        using var limit = new CancellationTokenSource(Patience.Limit);
        string? sleeper;
        // Its arguments are to be seen only some time after it is there.
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            sleeper = Directory.GetDirectories("/proc").SingleOrDefault(d => int.TryParse(Path.GetFileName(d), out _) && Read(d + "/cmdline") == $"sleep\0{time}\0");
        }
        while (sleeper is null);
        var guest = Read($"/proc/{Field(Read(sleeper + "/status"), "PPid")}/status");
        await exec.CancelAsync(limit.Token);
        await exec.WaitAsync(limit.Token);
        return guest;
    }

    private static string Field(string status, string name) =>
        status.Split('\n').Single(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split('\t')[1];

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile, or does not show itself.
            return "";
        }
    }
}
