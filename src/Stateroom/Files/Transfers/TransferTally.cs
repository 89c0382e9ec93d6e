using Stateroom.Workspaces;

namespace Stateroom.Files.Transfers;

/// <summary>Counts what a copy or an archive takes, and keeps what it leaves out.</summary>
internal sealed class TransferTally(IProgress<FileProgress>? progress)
{
    private const long ReportEveryBytes = 4 << 20, ReportEveryEntries = 100;

    private readonly List<LeftOut> _leftOut = [];
    private long _files, _directories, _links, _bytes, _reportedBytes, _reportedEntries;

    public long Entries => _files + _directories + _links;

    public void Count(TreeItemKind kind)
    {
        if (kind is TreeItemKind.Directory) _directories++;
        else if (kind is TreeItemKind.Link) _links++;
        else _files++;
        if (Entries - _reportedEntries >= ReportEveryEntries) Report();
    }

    public void AddBytes(long count)
    {
        _bytes += count;
        if (_bytes - _reportedBytes >= ReportEveryBytes) Report();
    }

    public void LeaveOut(byte[] path, string reason) => Tell(path, reason, isCopied: false);

    /// <summary>Something was copied and is not as it was.</summary>
    public void TellChanged(byte[] path, string reason) => Tell(path, reason, isCopied: true);

    public FileTransfer Result()
    {
        Report();
        return new FileTransfer(_files, _directories, _links, _bytes, _leftOut);
    }

    private void Tell(byte[] path, string reason, bool isCopied) => _leftOut.Add(new LeftOut(path.Length == 0 ? "." : HostDirectory.Show(path), reason, isCopied));

    private void Report()
    {
        (_reportedBytes, _reportedEntries) = (_bytes, Entries);
        progress?.Report(new FileProgress(Entries, _bytes));
    }
}
