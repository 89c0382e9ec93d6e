using Stateroom.Faults;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>
/// The /etc of the rooms: <c>run/etc-FINGERPRINT</c>, generated once and then bound read-only as a whole, since each mount costs a start time.
/// </summary>
internal sealed class EtcDirectory(RunDirectory run, TimeProvider time)
{
    private const string Prefix = "etc-";

    // In a burst of starts the host's /etc is looked at once.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private static readonly (string Name, string Content)[] Generated =
    [
        ("passwd", "root:x:0:0:root:/root:/usr/sbin/nologin\nroom:x:1000:1000:room:/home/room:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"),
        ("group", "root:x:0:\nroom:x:1000:\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost room\n::1 localhost room\n"),
        ("hostname", "room\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\nrpc: files\nethers: files\n"),
        ("resolv.conf", ""),
    ];

    private static readonly string GeneratedText = string.Concat(Generated.Select(g => g.Name + g.Content));

    private readonly Lock _gate = new();
    private string? _current;
    private long _lookedAt;

    /// <summary>Whether a name under <c>run/</c> is that of a generated /etc.</summary>
    public static bool IsName(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a name under <c>run/</c> is that of one being generated, or of one whose maker died.</summary>
    public static bool IsUnfinished(string name) => name.StartsWith('.' + Prefix, StringComparison.Ordinal);

    /// <summary>The path that an /etc of today has, whether it was generated or not.</summary>
    public string Current
    {
        get
        {
            lock (_gate)
            {
                if (_current is null || time.GetElapsedTime(_lookedAt) >= Fresh)
                {
                    _current = Path.Combine(run.Path, Prefix + EtcSources.Fingerprint(GeneratedText));
                    _lookedAt = time.GetTimestamp();
                }
                return _current;
            }
        }
    }

    /// <summary>The path of an /etc that is up to date. The caller holds the run directory's lock, so that no sweep removes it.</summary>
    public string Ensure()
    {
        var current = Current;
        if (!Directory.Exists(current)) Generate(current);
        return current;
    }

    private void Generate(string path)
    {
        var unfinished = Path.Combine(run.Path, $".{Prefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(unfinished);
        Failpoint.Hit(HostFailpoint.EtcMade);
        EtcSources.CopyTo(unfinished);
        foreach (var (name, content) in Generated)
        {
            using var file = new StreamWriter(Path.Combine(unfinished, name));
            file.Write(content);
        }
        File.CreateSymbolicLink(Path.Combine(unfinished, "mtab"), "/proc/mounts");
        MakeReadable(unfinished);
        Failpoint.Hit(HostFailpoint.EtcFilled);
        try
        {
            Directory.Move(unfinished, path);
            Failpoint.Hit(HostFailpoint.EtcRenamed);
        }
        catch (IOException) when (Directory.Exists(path))
        {
            // Another process was faster, with the same content.
            Directory.Delete(unfinished, recursive: true);
        }
    }

    // Past the umask: the reader is another user on a root host.
    private static void MakeReadable(string directory)
    {
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is not null) continue;
            if (entry is DirectoryInfo) MakeReadable(entry.FullName);
            else File.SetUnixFileMode(entry.FullName, (UnixFileMode)0b110_100_100);
        }
    }
}
