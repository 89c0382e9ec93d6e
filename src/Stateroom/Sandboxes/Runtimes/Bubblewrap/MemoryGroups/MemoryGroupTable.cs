using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

/// <summary>The groups that this process has ready, and the removal of used ones.</summary>
internal static class MemoryGroupTable
{
    private const string Prefix = "stateroom-";

    private static readonly int Most = Environment.ProcessorCount;
    private static readonly Lazy<(string? Directory, string? Reason)> Parent = new(FindParent);
    private static readonly BlockingCollection<MemoryGroupThread> Ready = [];
    private static readonly ConcurrentQueue<string> Left = new();
    private static int _threads;

    /// <summary>Gets a group ready behind the caller's back, if this host has any.</summary>
    public static void Prepare()
    {
        if (Volatile.Read(ref _threads) == 0) ThreadPool.QueueUserWorkItem(_ => Grow(onlyFirst: true));
    }

    /// <summary>Takes a group that is ready for a room; waits for one if all are in use.</summary>
    /// <param name="asked">The most bytes of memory; null for the default, where this host can bound it.</param>
    /// <exception cref="SandboxStartException">A bound was asked for, and this host gives none.</exception>
    public static MemoryBound Take(long? asked)
    {
        var thread = TryTake(out var reason);
        if (thread is null && asked is { } bytes)
            throw new SandboxStartException($"The room was not started: its memory was to be at most {bytes} bytes (Limits.MemoryBytes), which cannot be enforced: {reason}. Leave the limit out, or run on a host that can.");
        return new MemoryBound(thread, asked ?? MemoryController.DefaultLimit, reason);
    }

    /// <summary>Gives back what was not used.</summary>
    public static void Return(MemoryGroupThread thread) => Ready.Add(thread);

    public static string NewName() => Prefix + RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Removes a group, now or, if something in it has still to end, later.</summary>
    public static void Remove(string group)
    {
        if (!TryRemove(group)) Left.Enqueue(group);
        for (var tries = Left.Count; tries > 1 && Left.TryDequeue(out var older); tries--)
        {
            if (!TryRemove(older)) Left.Enqueue(older);
        }
    }

    /// <summary>Removes what processes that have ended had ready. A group with anything in it cannot be removed.</summary>
    public static void RemoveUnused(string parent)
    {
        foreach (var group in Directory.EnumerateDirectories(parent, Prefix + "*")) _ = TryRemove(group);
    }

    private static MemoryGroupThread? TryTake(out string? reason)
    {
        reason = Parent.Value.Reason;
        if (reason is not null) return null;
        if (!Ready.TryTake(out var thread))
        {
            Grow(onlyFirst: false);
            thread = Ready.Take();
        }
        if (thread.Failure is null) return thread;
        Interlocked.Decrement(ref _threads);
        reason = $"a control group cannot be made ({thread.Failure})";
        return null;
    }

    private static void Grow(bool onlyFirst)
    {
        if (Parent.Value.Directory is not { } parent) return;
        var count = Interlocked.Increment(ref _threads);
        if (count <= (onlyFirst ? 1 : Most)) _ = new MemoryGroupThread(parent, Ready.Add);
        else Interlocked.Decrement(ref _threads);
    }

    private static (string? Directory, string? Reason) FindParent()
    {
        var found = MemoryController.Find();
        if (found.Directory is { } directory) RemoveUnused(directory);
        return found;
    }

    private static bool TryRemove(string group)
    {
        try
        {
            Directory.Delete(group);
        }
        catch (DirectoryNotFoundException)
        {
            // Removed by another process.
        }
        catch (IOException)
        {
            return false;
        }
        return true;
    }
}
