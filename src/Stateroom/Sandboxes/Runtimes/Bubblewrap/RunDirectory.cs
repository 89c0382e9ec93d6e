using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>The <c>run/</c> directory: one directory per room, and the generated /etc that rooms share.</summary>
internal sealed class RunDirectory(string homeDirectory)
{
    /// <summary>Rooms of a root host run under users of their own, who must pass through to /etc.</summary>
    private static readonly UnixFileMode Mode = Libc.geteuid() == 0 ? (UnixFileMode)0b111_001_001 : (UnixFileMode)0b111_000_000;

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(homeDirectory), "run");

    /// <summary>The directory of a room, whether it exists or not.</summary>
    /// <exception cref="ArgumentException"><paramref name="sandboxId"/> is no sandbox id.</exception>
    public RoomDirectory Room(string sandboxId)
    {
        if (!SessionId.IsValid(sandboxId) || EtcDirectory.IsName(sandboxId))
            throw new ArgumentException("Not a sandbox id: letters, digits, '_' and '-' are allowed.", nameof(sandboxId));
        return new RoomDirectory(System.IO.Path.Combine(Path, sandboxId));
    }

    /// <summary>The directories of all rooms, living or not.</summary>
    public IEnumerable<RoomDirectory> Rooms() => !Directory.Exists(Path) ? [] : Directory.EnumerateDirectories(Path)
        .Where(d => SessionId.IsValid(System.IO.Path.GetFileName(d)) && !EtcDirectory.IsName(System.IO.Path.GetFileName(d)))
        .Select(d => new RoomDirectory(d));

    /// <summary>
    /// Held shared while a room's directory comes to be, exclusively while what is dead is removed: so nobody takes a room without its lock yet
    /// for one that lost it.
    /// </summary>
    public HeldLock Lock(bool exclusive)
    {
        EnsureExists();
        return HeldLock.Take(System.IO.Path.Combine(Path, ".lock"), exclusive ? Libc.LOCK_EX : Libc.LOCK_SH, create: true)!.Value;
    }

    private void EnsureExists()
    {
        if (Directory.Exists(Path)) return;
        var home = System.IO.Path.GetDirectoryName(Path)!;
        foreach (var directory in (string[])[home, Path])
        {
            if (Directory.Exists(directory)) continue;
            Directory.CreateDirectory(directory);
            // Past the umask.
            File.SetUnixFileMode(directory, Mode);
        }
    }
}
