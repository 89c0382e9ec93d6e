using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>The two programs that a room is made of.</summary>
internal static class Programs
{
    private const string GuestVariable = "STATEROOM_GUEST";

    /// <summary>bwrap's path; null if it is not installed.</summary>
    public static string? FindBubblewrap() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Append("/usr/bin")
            .Where(Path.IsPathRooted).Select(d => Path.Combine(d, "bwrap")).FirstOrDefault(File.Exists);

    /// <summary>The guest's path, whether it is there or not.</summary>
    public static string GuestPath =>
        Environment.GetEnvironmentVariable(GuestVariable) is { Length: > 0 } path ? path : Path.Combine(AppContext.BaseDirectory, "stateroom-guest");

    /// <summary>What to do about a missing guest.</summary>
    public static string GuestRemedy => $"Reinstall Stateroom, or set {GuestVariable} to the path of stateroom-guest.";

    /// <summary>What to do about a missing bwrap.</summary>
    public const string BubblewrapRemedy = "Run 'apt install bubblewrap' as root, or 'stateroom setup'.";

    /// <summary>Opens the guest's program.</summary>
    /// <exception cref="SandboxStartException">It is not there.</exception>
    public static int OpenGuest()
    {
        var fd = Libc.open(GuestPath, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd >= 0) return Descriptors.Raise(fd);
        // Kept before the message is built: that runs other calls.
        var errno = Libc.Errno;
        throw new SandboxStartException($"The room was not started: its guest program '{GuestPath}' cannot be opened, {Libc.Describe(errno)}. {GuestRemedy}");
    }
}
