using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Makes the home directory's layout with the modes that it needs.</summary>
internal static class HomeSetup
{
    private const int Private = 0x1C0 /* 0700 */, Passable = 0x1C9 /* 0711 */, ReadableByAll = 0x16D /* 0555 */;

    public static string DefaultHome() => TryDefaultHome()
        ?? throw new IOException("There is no home directory for Stateroom: neither STATEROOM_HOME nor HOME is set. Set one of them.");

    /// <summary>The default home; null if nothing says where it is.</summary>
    public static string? TryDefaultHome()
    {
        var set = Environment.GetEnvironmentVariable("STATEROOM_HOME");
        if (!string.IsNullOrEmpty(set)) return set;
        if (Libc.geteuid() == 0) return "/var/lib/stateroom";
        var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return string.IsNullOrEmpty(user) ? null : user + "/.stateroom";
    }

    /// <summary>Mode of directories on the way to a workspace: the rooms of a root host run under other users, which must be able to pass.</summary>
    public static int WayMode => Libc.geteuid() == 0 ? Passable : Private;

    /// <summary>Makes what is missing. Safe to do in several processes at once.</summary>
    /// <exception cref="IOException">The directory cannot be used; says why and what to do.</exception>
    public static void Ensure(HomeLayout layout)
    {
        try
        {
            Make(layout);
        }
        catch (IOException failure) when (failure.HResult != Libc.ENOSPC)
        {
            throw new IOException($"Stateroom's home directory '{layout.Home}' cannot be used: {failure.Message} Set STATEROOM_HOME to a directory of your own.", failure);
        }
    }

    private static void Make(HomeLayout layout)
    {
        if (HostFile.TryStat(layout.Home, follow: true) is null) MakeWithParents(layout.Home);
        if (Libc.geteuid() == 0) OpenTheWay(layout.Home);
        HostFile.TryMakeDirectory(layout.Sessions, WayMode);
        // The /etc that rooms share lies in run; what is one room's alone is private again beneath it.
        HostFile.TryMakeDirectory(layout.Run, WayMode);
        HostFile.TryMakeDirectory(layout.Agents, WayMode | ReadableByAll);
        foreach (var directory in (ReadOnlySpan<string>)[layout.Locks, layout.Trash, layout.Ephemeral])
            HostFile.TryMakeDirectory(directory, Private);
    }

    /// <summary>Checks that the users of rooms can reach the home directory.</summary>
    /// <exception cref="SandboxStartException">They cannot; names the directory and the way out.</exception>
    public static void CheckReachable(string home)
    {
        if (Libc.geteuid() != 0) return;
        for (var directory = home; !string.IsNullOrEmpty(directory); directory = Path.GetDirectoryName(directory))
        {
            if (HostFile.TryStat(directory, follow: true) is { } stat && (stat.Mode & 1) == 0)
            {
                throw new SandboxStartException(
                    $"Rooms of a root host run under users of their own, and '{directory}' (mode {Convert.ToString(stat.Mode & 0xFFF, 8)}) lets none of them " +
                    $"pass to '{home}'. Allow it with 'chmod o+x {directory}', or set STATEROOM_HOME to a directory elsewhere.");
            }
        }
    }

    private static void OpenTheWay(string home)
    {
        if (HostFile.TryStat(home, follow: true) is { } stat && stat.Uid == 0 && (stat.Mode & 0x9) != 0x9 && Libc.chmod(home, (stat.Mode & 0xFFF) | 0x9) < 0)
            throw Libc.Failure("Cannot set the mode of", home, Libc.Errno);
    }

    private static void MakeWithParents(string directory)
    {
        var parent = Path.GetDirectoryName(directory);
        if (!string.IsNullOrEmpty(parent) && HostFile.TryStat(parent, follow: true) is null) MakeWithParents(parent);
        HostFile.TryMakeDirectory(directory, WayMode);
    }
}
