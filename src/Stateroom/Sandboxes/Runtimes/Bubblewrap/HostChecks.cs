using System.Globalization;
using Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Looks whether this host can run rooms.</summary>
internal static class HostChecks
{
    private static readonly Version LeastVersion = new(0, 7, 0);

    public static async Task<IReadOnlyList<HostFinding>> RunAsync(CancellationToken cancellationToken)
    {
        var findings = new List<HostFinding> { CheckGuest(), CheckSystem(), CheckLimits() };
        if (Programs.FindBubblewrap() is not { } program)
        {
            findings.Insert(0, new HostFinding("bubblewrap", FindingLevel.Error, "bubblewrap (bwrap) is not installed.", Programs.BubblewrapRemedy));
            return findings;
        }
        findings.Insert(0, await CheckVersionAsync(program, cancellationToken).ConfigureAwait(false));
        findings.AddRange(await CheckRoomAsync(program, cancellationToken).ConfigureAwait(false));
        return findings;
    }

    private static async Task<HostFinding> CheckVersionAsync(string program, CancellationToken cancellationToken)
    {
        var (code, output) = await HostProbe.RunAsync(program, ["bwrap", "--version"], [], cancellationToken).ConfigureAwait(false);
        var text = output.Split(' ', StringSplitOptions.TrimEntries)[^1];
        if (code != 0 || !Version.TryParse(text, out var version))
            return new HostFinding("bubblewrap", FindingLevel.Error, $"'{program} --version' ended with {code} and said '{Text.Clean(output)}'.", Programs.BubblewrapRemedy);
        return version >= LeastVersion
            ? new HostFinding("bubblewrap", FindingLevel.Ok, $"bubblewrap {version} at {program}.")
            : new HostFinding("bubblewrap", FindingLevel.Error, $"bubblewrap {version} at {program} is too old: it cannot bound memory file systems.", $"Install bubblewrap {LeastVersion} or newer.");
    }

    // What counts is whether a room comes up; the settings behind it only explain why not.
    private static async Task<IReadOnlyList<HostFinding>> CheckRoomAsync(string program, CancellationToken cancellationToken)
    {
        var (code, output) = await HostProbe.RunAsync(
            program, ["bwrap", "--args", "3", "--", "/usr/bin/true"], RoomArguments.ForProbe().Bytes.ToArray(), cancellationToken).ConfigureAwait(false);
        var user = string.Create(CultureInfo.InvariantCulture, $"host user {HostProbe.User}");
        if (code == 0)
        {
            return
            [
                new HostFinding("user-namespaces", FindingLevel.Ok, $"An unprivileged room starts ({user})."),
                new HostFinding("apparmor", FindingLevel.Ok, StartFailure.IsRestrictedByAppArmor() ? "AppArmor restricts user namespaces and lets bubblewrap use them." : "AppArmor does not restrict user namespaces."),
                new HostFinding("proc", FindingLevel.Ok, "A new /proc can be mounted."),
            ];
        }
        var (cause, remedy) = StartFailure.Explain(output, HostProbe.User);
        var check = remedy == StartFailure.AppArmorRemedy ? "apparmor" : remedy == StartFailure.ProcRemedy ? "proc" : "user-namespaces";
        return [new HostFinding(check, FindingLevel.Error, $"A room does not start ({user}): {cause}. bubblewrap said '{Text.Clean(output)}'.", remedy)];
    }

    private static HostFinding CheckGuest() => File.Exists(Programs.GuestPath)
        ? new HostFinding("guest", FindingLevel.Ok, $"The guest program is at {Programs.GuestPath}.")
        : new HostFinding("guest", FindingLevel.Error, $"The guest program is not at {Programs.GuestPath}.", Programs.GuestRemedy);

    private static HostFinding CheckSystem() => File.Exists("/usr/bin/env") && Path.Exists("/bin/sh")
        ? new HostFinding("system", FindingLevel.Ok, "Programs are under /usr, with a shell at /bin/sh.")
        : new HostFinding("system", FindingLevel.Error, "There is no /usr/bin/env or no /bin/sh: this system's programs are not where rooms look for them.", "Use a system with the usual layout (Debian, Ubuntu, Fedora), or run in a container of one.");

    private static HostFinding CheckLimits()
    {
        const string advice = "Run Stateroom in a systemd unit with {0}, which then bounds all its rooms together.";
        return MemoryController.Find().Reason is { } reason
            ? new HostFinding("limits", FindingLevel.Warning, $"The memory and CPU time of single rooms are not limited: {reason}.", string.Format(CultureInfo.InvariantCulture, advice, "MemoryMax= and CPUQuota="))
            : new HostFinding("limits", FindingLevel.Warning, $"The memory of a room is limited, to {MemoryController.DefaultLimit >> 20} MiB by default; its CPU time is not.", string.Format(CultureInfo.InvariantCulture, advice, "CPUQuota="));
    }
}
