using System.Buffers;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using Stateroom.Faults;

namespace Stateroom.Agents.ClaudeCode.Install;

/// <summary>The archive of a package: kept in a file of our own, verified, and only then opened.</summary>
internal static class ClaudeCodeArchive
{
    private const int PieceBytes = 128 * 1024;
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Copies an archive and verifies the copy.</summary>
    /// <param name="from">The archive as it comes.</param>
    /// <param name="total">Its length; null if that is not known.</param>
    /// <param name="to">Path of the copy.</param>
    /// <param name="sha512">What it must be, in base64.</param>
    /// <param name="progress">Told of every piece.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="AgentInstallException">It is another archive.</exception>
    public static async Task KeepAsync(Stream from, long? total, string to, string sha512, IProgress<AgentInstallProgress>? progress, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        var copy = new FileStream(to, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OwnersAlone });
        await using var copied = copy.ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var length = 0L;
            while (await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is var got and > 0)
            {
                length += got;
                if (length > ClaudeCodePackage.MostArchiveBytes) throw Wrong($"is longer than {ClaudeCodePackage.MostArchiveBytes} bytes");
                hash.AppendData(buffer, 0, got);
                await copy.WriteAsync(buffer.AsMemory(0, got), cancellationToken).ConfigureAwait(false);
                progress?.Report(new AgentInstallProgress(length, total));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        var is512 = Convert.ToBase64String(hash.GetHashAndReset());
        if (is512 != sha512) throw Wrong($"has the SHA-512 {is512}, not {sha512}");
        Failpoint.Hit(HostFailpoint.AgentVerified);
    }

    /// <summary>Unpacks the one program of a verified archive.</summary>
    /// <exception cref="AgentInstallException">The program is not in it.</exception>
    public static async Task UnpackAsync(string archive, string program, CancellationToken cancellationToken)
    {
        var file = new FileStream(archive, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, BufferSize = PieceBytes, Options = FileOptions.SequentialScan });
        await using var opened = file.ConfigureAwait(false);
        var plain = new GZipStream(file, CompressionMode.Decompress);
        await using var inflated = plain.ConfigureAwait(false);
        var entries = new TarReader(plain);
        await using var read = entries.ConfigureAwait(false);
        while (await entries.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
        {
            if (entry.Name != ClaudeCodePackage.Entry || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.DataStream is null) continue;
            if (entry.Length > ClaudeCodePackage.MostProgramBytes) throw Wrong($"holds a program of {entry.Length} bytes");
            var to = new FileStream(program, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OwnersAlone });
            await using var written = to.ConfigureAwait(false);
            await entry.DataStream.CopyToAsync(to, PieceBytes, cancellationToken).ConfigureAwait(false);
            to.Flush(flushToDisk: true);
            Failpoint.Hit(HostFailpoint.AgentUnpacked);
            return;
        }
        throw Wrong($"has no file '{ClaudeCodePackage.Entry}'");
    }

    private static AgentInstallException Wrong(string why) =>
        new($"The archive is not that of Claude Code {ClaudeCodeProgram.Version} for this machine: it {why}. Nothing was installed. Fetch it anew, or look who changed it.");
}
