namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>What bwrap's last words mean, and the way out.</summary>
internal static class StartFailure
{
    public const string AppArmorSetting = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

    public const string AppArmorRemedy =
        "Run 'stateroom setup' as root to allow bubblewrap by an AppArmor profile, or 'sysctl kernel.apparmor_restrict_unprivileged_userns=0'.";

    private const string NamespaceRemedy =
        "As root: 'sysctl user.max_user_namespaces=100000', on Debian before 11 also 'sysctl kernel.unprivileged_userns_clone=1'; in a container, allow user namespaces (Docker: --security-opt seccomp=unconfined).";

    public const string ProcRemedy =
        "The container that this runs in masks parts of /proc. Start it with '--security-opt systempaths=unconfined' (Docker, Podman) or procMount: Unmasked (Kubernetes).";

    /// <summary>The cause and the remedy.</summary>
    /// <param name="log">What bwrap wrote.</param>
    /// <param name="user">The host user that it ran under.</param>
    public static (string Cause, string Remedy) Explain(string log, uint user)
    {
        bool Says(string text) => log.Contains(text, StringComparison.OrdinalIgnoreCase);
        if (Says("No permissions to creat") || Says("Creating new namespace failed") || Says("setting up uid map") || Says("RTM_NEWADDR") || Says("RTM_NEWLINK"))
        {
            return IsRestrictedByAppArmor()
                ? ("AppArmor keeps bubblewrap from using user namespaces", AppArmorRemedy)
                : ("the kernel refuses user namespaces", NamespaceRemedy);
        }
        if (Says("Can't mount proc") || Says("/newroot/proc")) return ("a new /proc cannot be mounted", ProcRemedy);
        if (Says("Permission denied") && (Says("Can't find source path") || Says("Can't bind mount") || Says("Can't get type of source")))
        {
            return ($"host user {user} cannot reach the session's directory",
                "Give every directory above Stateroom's home the permission to pass (chmod o+x), or put the home elsewhere with STATEROOM_HOME.");
        }
        if (Says("Unknown option")) return ("the installed bubblewrap is too old", "Install bubblewrap 0.7.0 or newer.");
        if (Says("setuid")) return ("the installed bubblewrap is a set-uid program of an unsuited kind", "Install the distribution's current bubblewrap package.");
        return (log.Length == 0 ? "the guest ended without a word" : $"'{Text.Clean(log[(log.LastIndexOf('\n') + 1)..])}'", "Run 'stateroom doctor'.");
    }

    public static bool IsRestrictedByAppArmor() => File.Exists(AppArmorSetting) && File.ReadAllText(AppArmorSetting).Trim() == "1";
}
