using Stateroom.Checkpoints.Blobs;
using Stateroom.Files;

namespace Stateroom.Checkpoints.Trees;

/// <summary>A path at which two trees differ.</summary>
/// <param name="Path">The path's bytes, without a NUL; empty for the trees' own directories.</param>
/// <param name="Before">What was there; null if nothing.</param>
/// <param name="After">What is there; null if nothing.</param>
internal sealed record TreeChange(byte[] Path, TreeEntry? Before, TreeEntry? After);

/// <summary>Compares two trees. Directories that are the same blob are not looked into, so that it costs what has changed and not what there is.</summary>
/// <param name="read">Gives the entries of a directory.</param>
internal sealed class TreeDiff(Func<BlobId, List<TreeEntry>> read)
{
    /// <summary>
    /// Where they differ, sorted by the bytes of the names, level by level. What is removed comes before the directory that it was in, what is added after it: in this order the one
    /// becomes the other.
    /// </summary>
    public IEnumerable<TreeChange> Between(TreeEntry before, TreeEntry after) => Compare([], before, after);

    private IEnumerable<TreeChange> Compare(byte[] path, TreeEntry? before, TreeEntry? after)
    {
        var (was, isNow) = (before?.Kind == TreeEntryKind.Directory, after?.Kind == TreeEntryKind.Directory);
        if (!was || !isNow)
        {
            if (was) foreach (var change in Within(path, before, null)) yield return change;
            if (before is null || after is null || !before.IsSame(after)) yield return new TreeChange(path, before, after);
            if (isNow) foreach (var change in Within(path, null, after)) yield return change;
            yield break;
        }
        if (before!.Mode != after!.Mode || before.Modified != after.Modified) yield return new TreeChange(path, before, after);
        if (before.Content == after.Content) yield break;
        foreach (var change in Within(path, before, after)) yield return change;
    }

    private IEnumerable<TreeChange> Within(byte[] path, TreeEntry? before, TreeEntry? after)
    {
        List<TreeEntry> left = before is null ? [] : read(before.Content), right = after is null ? [] : read(after.Content);
        for (int l = 0, r = 0; l < left.Count || r < right.Count;)
        {
            var order = l == left.Count ? 1 : r == right.Count ? -1 : left[l].Name.AsSpan().SequenceCompareTo(right[r].Name);
            var (one, other) = (order <= 0 ? left[l++] : null, order >= 0 ? right[r++] : null);
            foreach (var change in Compare(FileNames.Join(path, (one ?? other)!.Name), one, other)) yield return change;
        }
    }
}
