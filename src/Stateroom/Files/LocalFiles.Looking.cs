using System.Runtime.CompilerServices;
using Stateroom.Files.Search;
using Stateroom.Files.Watch;

namespace Stateroom.Files;

// Search and watch.
internal sealed partial class LocalFiles
{
    public IAsyncEnumerable<FileSearchHit> SearchAsync(string path, FileSearchOptions options, CancellationToken cancellationToken = default)
    {
        _ = new FileSearch(options);
        return Background.EnumerateAsync(stop => Search(path, options, stop), cancellationToken);
    }

    public async IAsyncEnumerable<FileChange> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (tree, at) = Open(path);
        using (tree)
        using (var watch = await Task.Run(() => new FileWatch(tree, at.Below, cancellationToken), cancellationToken).ConfigureAwait(false))
        {
            while (true)
            {
                foreach (var change in watch.Changes) yield return change;
                watch.Changes.Clear();
                if (watch.Ended) yield break;
                // A thread of its own: the wait blocks, and may be long.
                await Task.Factory.StartNew(
                    () => watch.Wait(cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            }
        }
    }

    private IEnumerable<FileSearchHit> Search(string path, FileSearchOptions options, CancellationToken cancellationToken)
    {
        var (tree, at) = Open(path);
        using (tree)
            foreach (var hit in new FileSearch(options).Run(tree, at.Below, cancellationToken)) yield return hit;
    }
}
