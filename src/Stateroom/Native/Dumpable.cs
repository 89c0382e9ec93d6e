namespace Stateroom.Native;

/// <summary>The kernel makes the whole process undumpable when one of its threads changes credentials (prctl(2)): its own user could no longer debug it.</summary>
internal static class Dumpable
{
    // Read before the first change: whoever changes credentials touches this class first.
    private static readonly int Before = Libc.prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0);

    /// <summary>Makes sure that the state has been read.</summary>
    public static void Remember() => _ = Before;

    /// <summary>Sets the state that was there before the first change.</summary>
    public static void Restore() => _ = Libc.prctl(Libc.PR_SET_DUMPABLE, Before, 0, 0, 0);
}
