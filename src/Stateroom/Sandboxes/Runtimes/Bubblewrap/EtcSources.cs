using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>
/// The files of the host's /etc that programs need and that hold nothing but public facts. Never files that people put credentials into (pip.conf,
/// npmrc, gitconfig, wgetrc), nor what names the host's users, network or machine.
/// </summary>
internal static class EtcSources
{
    private const string Root = "/etc";

    private static readonly string[] Names =
    [
        // The dynamic linker.
        "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
        // Which program a name means, and what the system is.
        "alternatives", "os-release", "debian_version", "lsb-release", "redhat-release", "fedora-release", "shells",
        // Certificates that are trusted, in Debian's and Fedora's places, and the settings of TLS.
        "ssl/certs", "ssl/cert.pem", "ssl/openssl.cnf", "ca-certificates.conf", "pki/tls/certs", "pki/tls/cert.pem", "pki/ca-trust/extracted",
        "crypto-policies",
        // Tables.
        "localtime", "timezone", "mime.types", "magic", "magic.mime", "protocols", "services", "rpc", "ethertypes", "host.conf", "gai.conf", "locale.alias",
        "terminfo", "inputrc",
        // Configuration that these programs do not start without.
        "fonts", "perl", "vim", "maven/m2.conf", "maven/logging",
    ];

    // Java's and Python's directories carry their version.
    private static readonly string[] Patterns = ["python3*", "java-*-openjdk"];

    /// <summary>The sources that this host has, relative to /etc, in a fixed order.</summary>
    public static IReadOnlyList<string> Present() =>
    [
        .. Names.Where(n => Exists(Root + "/" + n)),
        .. Patterns.SelectMany(p => Directory.EnumerateDirectories(Root, p)).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Changes when a source is changed, comes or goes.</summary>
    public static string Fingerprint(string generated)
    {
        var text = new StringBuilder(generated);
        foreach (var name in Present())
        {
            var file = new FileInfo(Root + "/" + name);
            var size = file.Attributes.HasFlag(FileAttributes.Directory) ? 0 : file.Length;
            text.Append(CultureInfo.InvariantCulture, $"{name}|{file.LastWriteTimeUtc.Ticks}|{size}\n");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    /// <summary>Copies the sources into a new directory.</summary>
    public static void CopyTo(string target)
    {
        foreach (var name in Present())
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{target}/{name}")!);
            Copy($"{Root}/{name}", $"{target}/{name}");
        }
    }

    private static void Copy(string source, string target)
    {
        var file = new FileInfo(source);
        if (file.LinkTarget is { } link)
        {
            // Most lead to /usr or to other files here; the rest dangle.
            File.CreateSymbolicLink(target, link);
        }
        else if (file.Attributes.HasFlag(FileAttributes.Directory))
        {
            if (!file.UnixFileMode.HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherExecute)) return;
            Directory.CreateDirectory(target);
            // Alternatives are half manual pages, which rooms do without.
            foreach (var entry in Directory.EnumerateFileSystemEntries(source).Where(e => !e.EndsWith(".gz", StringComparison.Ordinal))) Copy(entry, $"{target}/{Path.GetFileName(entry)}");
        }
        else if (IsPublic(file))
        {
            File.Copy(source, target);
        }
    }

    // Every user of the host may read it, and it is no private key that somebody laid beside the certificates.
    private static bool IsPublic(FileInfo file) =>
        file.UnixFileMode.HasFlag(UnixFileMode.OtherRead) && file.Exists && !File.ReadAllBytes(file.FullName).AsSpan().ContainsPrivateKey();

    private static bool ContainsPrivateKey(this Span<byte> content) => content.IndexOf("PRIVATE KEY-----"u8) >= 0;

    private static bool Exists(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;
}
