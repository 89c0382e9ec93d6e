using Stateroom.Faults;
using Stateroom.Files.Transfers;
using Stateroom.Workspaces;

namespace Stateroom.Files.Tar;

/// <summary>Carries the entries of a tar stream to a <see cref="TreeWriter"/>.</summary>
internal static class TarUnpacker
{
    public static async Task UnpackAsync(Stream source, TreeWriter writer, TransferTally tally, CancellationToken cancellationToken)
    {
        var reader = new TarReader(source);
        var buffer = new byte[FileContent.ChunkBytes];
        while (await reader.NextAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = CheckPath(entry.Path, entry.Path, "has");
            switch (entry.Type)
            {
                case TarFormat.File or TarFormat.OldFile or TarFormat.Contiguous when path.Length > 0:
                    await UnpackFileAsync(reader, new TreeItem(path, TreeItemKind.File, entry.Mode, entry.Modified), writer, tally, buffer, cancellationToken).ConfigureAwait(false);
                    break;
                case TarFormat.Directory:
                    writer.WriteEmpty(new TreeItem(path, TreeItemKind.Directory, entry.Mode, entry.Modified));
                    break;
                case TarFormat.Link when path.Length > 0:
                    writer.WriteEmpty(new TreeItem(path, TreeItemKind.Link, entry.Mode, entry.Modified) { Target = CheckTarget(entry) });
                    break;
                case TarFormat.HardLink when path.Length > 0:
                    writer.WriteEmpty(new TreeItem(path, TreeItemKind.HardLink, entry.Mode, entry.Modified) { Target = CheckPath(entry.Target, entry.Path, "is a further name of something with") });
                    break;
                case TarFormat.Fifo:
                    tally.LeaveOut(path, "is a named pipe");
                    break;
                case TarFormat.CharacterDevice or TarFormat.BlockDevice:
                    tally.LeaveOut(path, "is a device");
                    break;
                default:
                    throw new ArchiveException($"The tar stream has '{Shown(entry.Path)}' of type '{(char)entry.Type}', which is not unpacked here.");
            }
        }
        writer.Complete();
    }

    private static async Task UnpackFileAsync(
        TarReader reader, TreeItem item, TreeWriter writer, TransferTally tally, byte[] buffer, CancellationToken cancellationToken)
    {
        using var file = writer.CreateFile(item);
        while (await reader.ReadContentAsync(buffer, cancellationToken).ConfigureAwait(false) is var got and > 0)
        {
            Failpoint.Torn(HostFailpoint.CopyTorn, file, buffer.AsSpan(0, got));
            FileContent.Write(file, buffer.AsSpan(0, got), Shown(item.Path));
            tally.AddBytes(got);
        }
        writer.FinishFile(item, file);
    }

    // The kernel keeps every write beneath the destination, whatever is said here; an archive that tries is refused whole, not cut to fit.
    private static byte[] CheckPath(byte[] path, byte[] entry, string says)
    {
        var trouble = path.Length == 0 ? "an empty path" : path[0] == '/' ? "an absolute path" : path.Contains((byte)0) ? "a NUL in its path" : null;
        var parts = RoomPath.Split(path);
        if (parts.Any(part => part.AsSpan().SequenceEqual(".."u8))) trouble = "'..' in its path";
        if (parts.Any(part => part.Length > 255)) trouble = "a name of more than 255 bytes";
        return trouble is null ? RoomPath.Combine(parts) : throw new ArchiveException($"The entry '{Shown(entry)}' {says} {trouble}; nothing is written outside of the destination.");
    }

    private static byte[] CheckTarget(TarEntry entry) => entry.Target.Length is > 0 and < 4096 && !entry.Target.Contains((byte)0)
        ? entry.Target
        : throw new ArchiveException($"The entry '{Shown(entry.Path)}' is a link whose target is empty, too long or has a NUL in it.");

    private static string Shown(byte[] path) => HostDirectory.Show(path.AsSpan(..Math.Min(path.Length, 300)));
}
