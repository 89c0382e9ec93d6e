using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Stateroom.Agents.ClaudeCode.Install;

namespace Stateroom.Tests.Agents.ClaudeCode.Install;

/// <summary>An archive as npm packs them, small.</summary>
internal sealed record Archive(byte[] Bytes)
{
    public ClaudeCodePackage Package => new("claude-code-linux-test", Convert.ToBase64String(SHA512.HashData(Bytes)));

    public static Archive Of(params IEnumerable<(string Name, string Content)> files) =>
        Write(tar =>
        {
            foreach (var (name, content) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = UnixFileMode.UserRead });
        });

    public static Archive Write(Action<TarWriter> fill)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip)) fill(tar);
        return new Archive(bytes.ToArray());
    }
}
