namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

/// <summary>How the memory of a room that is about to start is bounded, if it is. Disposed without a start, the group goes to the next room.</summary>
/// <param name="thread">Where it starts; null if there is no bound.</param>
/// <param name="bytes">The bound.</param>
/// <param name="whyNone">Why there is none.</param>
internal sealed class MemoryBound(MemoryGroupThread? thread, long bytes, string? whyNone) : IDisposable
{
    private MemoryGroupThread? _unused = thread;

    /// <summary>The most bytes; null if there is no bound.</summary>
    public long? Bytes => Group is null ? null : bytes;

    /// <summary>Why there is no bound, in plain words; null if there is one.</summary>
    public string? WhyNone => whyNone;

    /// <summary>The directory of the control group; null if there is none.</summary>
    public string? Group { get; } = thread?.Group;

    /// <summary>Starts a program within the bound; once.</summary>
    /// <param name="spawn">Starts it and returns its id.</param>
    /// <exception cref="SandboxStartException">What <paramref name="spawn"/> throws, or the kernel does not take the bound.</exception>
    public int Start(Func<int> spawn)
    {
        if (_unused is not { } starter) return spawn();
        _unused = null;
        return starter.Start(bytes, spawn);
    }

    public void Dispose()
    {
        if (_unused is { } starter) MemoryGroupTable.Return(starter);
    }
}
