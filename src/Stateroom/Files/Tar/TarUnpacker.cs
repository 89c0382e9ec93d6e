using Stateroom.Faults;
using Stateroom.Files.Transfers;
using Stateroom.Workspaces;

namespace Stateroom.Files.Tar;

/// <summary>Carries the entries of a tar stream to a <see cref="TreeWriter"/>.</summary>
internal static class TarUnpacker
{
    public static async Task UnpackAsync(Stream source, TreeWriter writer, TransferTally tally, CancellationToken cancellationToken)
    {
        try
        {
            await UnpackEntriesAsync(source, writer, tally, cancellationToken).ConfigureAwait(false);
        }
        catch (ArchiveException e)
        {
            // A stream is read only once: what is wrong with it is found when what came before has been written.
            throw new ArchiveException(tally.Entries == 0 ? $"{e.Message} Nothing was unpacked." : $"{e.Message} What came before it was unpacked and stays: {tally.Entries} {(tally.Entries == 1 ? "entry" : "entries")}.");
        }
    }

    private static async Task UnpackEntriesAsync(Stream source, TreeWriter writer, TransferTally tally, CancellationToken cancellationToken)
    {
        var reader = new TarReader(source);
        var buffer = new byte[FileContent.ChunkBytes];
        while (await reader.NextAsync(cancellationToken).ConfigureAwait(false) is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = CheckPath(entry.Path, entry.Path, "has");
            switch (entry.Type)
            {
                case TarFormat.File or TarFormat.OldFile or TarFormat.Contiguous or TarFormat.GnuSparse when path.Length > 0:
                    await UnpackFileAsync(reader, entry, new TreeItem(path, TreeItemKind.File, entry.Mode, entry.Modified), writer, tally, buffer, cancellationToken).ConfigureAwait(false);
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
        TarReader reader, TarEntry entry, TreeItem item, TreeWriter writer, TransferTally tally, byte[] buffer, CancellationToken cancellationToken)
    {
        using var file = writer.CreateFile(item);
        long at = 0;
        foreach (var (offset, length) in entry.Pieces ?? [(0, entry.Size)])
        {
            Skip(offset - at);
            for (at = offset; at < offset + length;)
            {
                var got = await reader.ReadContentAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, offset + length - at)), cancellationToken).ConfigureAwait(false);
                Failpoint.Torn(HostFailpoint.CopyTorn, file.File, buffer.AsSpan(0, got));
                file.WriteOrSkip(buffer.AsSpan(0, got));
                tally.AddBytes(got);
                at += got;
            }
        }
        Skip(entry.Size - at);
        writer.FinishFile(item, file);

        void Skip(long count)
        {
            file.Skip(count);
            tally.AddBytes(count);
        }
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
