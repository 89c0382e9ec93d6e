using System.Globalization;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

/// <summary>Where this process may make control groups that bound memory (cgroups(7), the memory controller of version 1).</summary>
internal static class MemoryController
{
    /// <summary>The directory of the group that this process is in: what bounds it bounds its rooms too.</summary>
    /// <returns>The directory, or null with the reason in plain words.</returns>
    public static (string? Directory, string? Reason) Find()
    {
        if (Libc.geteuid() != 0) return (null, "only root may make control groups here");
        if (ReadPath("/proc/self/cgroup") is not { } path) return (null, "this host has no memory controller of control groups version 1");
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // proc_pid_mountinfo(5): root and mount point are the fourth and fifth word; the type and the options follow the dash.
            var words = line.Split(' ');
            var dash = Array.IndexOf(words, "-");
            if (words[dash + 1] != "cgroup" || !words[dash + 3].Split(',').Contains("memory")) continue;
            var (root, mount) = (words[3].TrimEnd('/'), words[4]);
            if (!path.StartsWith(root, StringComparison.Ordinal)) continue;
            var directory = (mount + path[root.Length..]).TrimEnd('/');
            return Directory.Exists(directory) ? (directory, null) : (null, "the control group of this process is not visible");
        }
        return (null, "the memory controller of control groups is not mounted");
    }

    /// <summary>What a room may use where nobody said it: three quarters of the host's memory, in bytes.</summary>
    public static long DefaultLimit { get; } = ReadTotal() / 4 * 3;

    private static string? ReadPath(string file)
    {
        foreach (var line in File.ReadLines(file))
        {
            // cgroups(7): hierarchy id, controllers, path.
            var parts = line.Split(':', 3);
            if (parts[1].Split(',').Contains("memory")) return parts[2];
        }
        return null;
    }

    // proc_meminfo(5): "MemTotal:  N kB", where kB is 1,024 bytes.
    private static long ReadTotal() =>
        long.Parse(File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemTotal:", StringComparison.Ordinal)).Split(' ')[^2], CultureInfo.InvariantCulture) << 10;
}
