namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>The options that bwrap makes a room with.</summary>
internal static class RoomArguments
{
    private const long RunBytes = 16 << 20;

    // The same for all rooms of this process.
    private static readonly byte[] Fixed = Common().Add("--seccomp", "6", "--info-fd", "9").Bytes.ToArray();

    /// <summary>The size of /tmp and of /dev/shm. No process that could be ended holds their memory, so all of them together leave the most of a bound to processes.</summary>
    public static long TmpBytes(SandboxLimits limits) => Math.Min(limits.TmpBytes, (limits.MemoryBytes ?? long.MaxValue) / 8);

    /// <summary>The options of a room.</summary>
    /// <exception cref="SandboxStartException">A path or a variable cannot be handed on.</exception>
    public static ArgumentBlock ForRoom(SandboxSpec spec, string etc)
    {
        var arguments = new ArgumentBlock().AddBytes(Fixed);
        foreach (var (name, value) in spec.Options.Environment)
        {
            if (name.Length == 0 || name.Contains('=')) throw new SandboxStartException($"The room was not started: '{Text.Clean(name)}' is no name of an environment variable: it is empty or contains '='.");
            arguments.Add("--setenv", name, value);
        }
        var tmp = TmpBytes(spec.Options.Limits);
        arguments
            .Add("--ro-bind", etc, "/etc")
            .AddTmpfs("/dev/shm", tmp, "1777")
            // Devices are mounts of their own; what is left of /dev is a file system of half the memory.
            .Add("--remount-ro", "/dev")
            .AddTmpfs("/tmp", tmp, "1777")
            .AddTmpfs("/run", Math.Min(RunBytes, tmp), "0755")
            // Made here, since bwrap makes parents with mode 0700. One bound for both temporary directories, and a mount less.
            .Add("--perms", "0755", "--dir", "/var", "--symlink", "../tmp", "/var/tmp", "--perms", "0755", "--dir", "/home")
            .Add("--perms", "0755", "--dir", "/opt", "--perms", "0755", "--dir", "/opt/stateroom")
            .Add("--bind", spec.Workspace, "/workspace", "--bind", spec.Home, "/home/room");
        if (spec.Agents is { } agents) arguments.Add("--ro-bind", agents, "/opt/stateroom/agents");
        arguments.Add("--remount-ro", "/", "--chdir", "/workspace");
        return arguments;
    }

    /// <summary>The options of a probe: the same namespaces and mounts of the system, and nothing of anybody's.</summary>
    public static ArgumentBlock ForProbe() => Common().AddTmpfs("/tmp", RunBytes, "1777").Add("--remount-ro", "/", "--chdir", "/");

    private static ArgumentBlock Common()
    {
        var arguments = new ArgumentBlock()
            // --unshare-all only tries the user and cgroup namespaces; by name they are made or the start fails.
            .Add("--unshare-all", "--unshare-user", "--unshare-cgroup", "--as-pid-1", "--new-session", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL", "--hostname", "room")
            .Add("--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin", "--setenv", "HOME", "/home/room", "--setenv", "USER", "room")
            .Add("--setenv", "LOGNAME", "room", "--setenv", "SHELL", File.Exists("/usr/bin/bash") ? "/usr/bin/bash" : "/bin/sh", "--setenv", "LANG", "C.UTF-8")
            .Add("--ro-bind", "/usr", "/usr");
        foreach (var directory in (string[])["/bin", "/sbin", "/lib", "/lib64"])
        {
            var found = new DirectoryInfo(directory);
            if (found.LinkTarget is { } target) arguments.Add("--symlink", target, directory);
            else if (found.Exists) arguments.Add("--ro-bind", directory, directory);
        }
        return arguments.Add("--proc", "/proc", "--dev", "/dev");
    }
}
