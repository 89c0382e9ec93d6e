using System.Globalization;

namespace Stateroom.Bench;

/// <summary>A bwrap with all namespaces and a system to see that holds a sleep, and nothing of ours.</summary>
/// <param name="Monitor">The bwrap outside.</param>
/// <param name="Inside">The sleep.</param>
internal sealed record BareRoom(int Monitor, int Inside)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(1);

    /// <summary>Starts one and waits until its program runs.</summary>
    public static async Task<BareRoom> StartAsync()
    {
        var monitor = Floors.StartBubblewrap("/usr/bin/sleep", "1000");
        while (true)
        {
            var child = (await File.ReadAllTextAsync($"/proc/{monitor}/task/{monitor}/children")).Trim();
            if (child.Length > 0 && await File.ReadAllTextAsync($"/proc/{child}/comm") == "sleep\n") return new BareRoom(monitor, int.Parse(child, CultureInfo.InvariantCulture));
            await Task.Delay(Poll);
        }
    }

    /// <summary>Kills the sleep and waits for the bwrap, which ends with it.</summary>
    public void End() => Floors.Kill(Inside, Monitor);
}
