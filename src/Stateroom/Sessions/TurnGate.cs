namespace Stateroom.Sessions;

/// <summary>Queues within this process, in the order of arrival. One per key; a key without waiters costs nothing.</summary>
internal static class TurnGate
{
    private static readonly Lock Sync = new();
    private static readonly Dictionary<string, LinkedList<TaskCompletionSource>> Held = new(StringComparer.Ordinal);

    /// <summary>Takes a place in the queue before it returns, and completes when it is this caller's turn.</summary>
    public static Task<Pass> EnterAsync(string key, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<Pass>(cancellationToken);
        LinkedList<TaskCompletionSource>? queue;
        LinkedListNode<TaskCompletionSource> place;
        lock (Sync)
        {
            if (!Held.TryGetValue(key, out queue))
            {
                Held.Add(key, new());
                return Task.FromResult(new Pass(key));
            }
            place = queue.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        return WaitAsync(key, queue, place, cancellationToken);
    }

    private static async Task<Pass> WaitAsync(
        string key, LinkedList<TaskCompletionSource> queue, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        var turn = place.Value;
        await using (cancellationToken.UnsafeRegister(_ => Withdraw(queue, place, cancellationToken), null).ConfigureAwait(false))
            await turn.Task.ConfigureAwait(false);
        return new Pass(key);
    }

    private static void Withdraw(LinkedList<TaskCompletionSource> queue, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        lock (Sync)
        {
            // Without a list it has left the queue: its turn has come.
            if (place.List is null) return;
            queue.Remove(place);
        }
        place.Value.SetCanceled(cancellationToken);
    }

    private static void Leave(string key)
    {
        TaskCompletionSource next;
        lock (Sync)
        {
            var queue = Held[key];
            if (queue.First is not { } first)
            {
                Held.Remove(key);
                return;
            }
            queue.RemoveFirst();
            next = first.Value;
        }
        next.SetResult();
    }

    /// <summary>The right to go; disposing it lets the next one go. Idempotent.</summary>
    internal sealed class Pass(string key) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) Leave(key);
        }
    }
}
