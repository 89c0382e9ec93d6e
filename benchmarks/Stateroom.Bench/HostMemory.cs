using System.Globalization;

namespace Stateroom.Bench;

/// <summary>Memory as the kernel counts it, in MiB.</summary>
internal static class HostMemory
{
    private const double KiBPerMiB = 1024;

    /// <summary>What the host could still give away. Others on the machine change it, too.</summary>
    public static double Available() => Field("/proc/meminfo", "MemAvailable:");

    /// <summary>A process's own memory and its part of what it shares; null if it does not show it to this user.</summary>
    public static double? ProportionalOf(int pid)
    {
        try
        {
            return Field($"/proc/{pid}/smaps_rollup", "Pss:");
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same of a process and of the bwrap processes above it.</summary>
    public static double? ProportionalWithMonitors(int pid)
    {
        var sum = ProportionalOf(pid);
        for (var parent = ParentOf(pid); sum is not null && File.ReadAllText($"/proc/{parent}/comm") == "bwrap\n"; parent = ParentOf(parent)) sum += ProportionalOf(parent);
        return sum;
    }

    private static int ParentOf(int pid) => int.Parse(Line($"/proc/{pid}/status", "PPid:"), CultureInfo.InvariantCulture);

    private static double Field(string file, string name) => double.Parse(Line(file, name).Split(' ')[0], CultureInfo.InvariantCulture) / KiBPerMiB;

    private static string Line(string file, string name) => File.ReadLines(file).First(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();
}
