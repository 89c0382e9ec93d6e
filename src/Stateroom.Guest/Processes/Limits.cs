using Stateroom.Guest.Native;

namespace Stateroom.Guest.Processes;

/// <summary>The resource limits of the room's processes. They are set on the guest, which cannot be refused them, and inherited.</summary>
internal static unsafe class Limits
{
    private static ulong _softFiles, _hardFiles;

    public static void Apply(ulong processes, ulong openFiles, ulong softOpenFiles)
    {
        var limit = new Libc.RLimit { Soft = processes, Hard = processes };
        Libc.prlimit(0, Libc.RLIMIT_NPROC, &limit, null);
        Libc.RLimit old;
        Libc.prlimit(0, Libc.RLIMIT_NOFILE, null, &old);
        _hardFiles = Math.Min(openFiles, old.Hard);
        _softFiles = Math.Min(softOpenFiles, _hardFiles);
        AfterSpawn();
    }

    /// <summary>The next child gets the usual soft limit of open files (the guest itself needs more) and the mark of its tree.</summary>
    public static void BeforeSpawn(ulong mark)
    {
        var files = new Libc.RLimit { Soft = _softFiles, Hard = _hardFiles };
        Libc.prlimit(0, Libc.RLIMIT_NOFILE, &files, null);
        ProcessTree.Mark(0, mark);
    }

    public static void AfterSpawn()
    {
        var files = new Libc.RLimit { Soft = _hardFiles, Hard = _hardFiles };
        Libc.prlimit(0, Libc.RLIMIT_NOFILE, &files, null);
    }
}
