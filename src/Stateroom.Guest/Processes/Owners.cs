namespace Stateroom.Guest.Processes;

/// <summary>Which exec or shell a mark belongs to, for as long as a process may carry it.</summary>
internal static class Owners
{
    private const int LeastPrune = 1024;

    private static readonly Dictionary<uint, string> Ids = [];
    private static int _pruneAt = LeastPrune;

    /// <summary>Names the owner of a mark. Its process must be started in this turn of the loop, or its name may be forgotten.</summary>
    public static void Name(ulong mark, string id)
    {
        if (Ids.Count >= _pruneAt) Prune();
        Ids[(uint)(mark >> 32)] = id;
    }

    /// <summary>Null for a mark that is not ours.</summary>
    public static string? Find(ulong mark) => Ids.GetValueOrDefault((uint)(mark >> 32));

    // A child may outlive its exec by far; only a look at all processes tells which names can go.
    private static void Prune()
    {
        var carried = new HashSet<uint>();
        foreach (var pid in ProcessTree.All())
        {
            if (ProcessTree.MarkOf(pid) is { } mark) carried.Add((uint)(mark >> 32));
        }
        foreach (var owner in Ids.Keys)
        {
            if (!carried.Contains(owner)) Ids.Remove(owner);
        }
        _pruneAt = Math.Max(LeastPrune, Ids.Count * 2);
    }
}
