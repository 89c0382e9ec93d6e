using System.Text.RegularExpressions;

namespace Stateroom.Architecture.Tests;

/// <summary>What changes the disk or tells somebody has a place where a test can kill it.</summary>
public sealed partial class FailpointSourceTests
{
    // What has its failpoints in its callers, or changes nothing that outlives the process.
    private static readonly string[] Elsewhere =
    [
        "src/Stateroom/Native/HostFile.cs", "src/Stateroom/Files/FileContent.cs", "src/Stateroom/Files/Watch/InotifyQueue.cs",
        "src/Stateroom/Sandboxes/Runtimes/Bubblewrap/Descriptors.cs", "src/Stateroom/Sandboxes/Runtimes/Bubblewrap/EtcSources.cs",
        "src/Stateroom/Sandboxes/Runtimes/Bubblewrap/MemoryGroups/MemoryGroupThread.cs",
        // Reached when sessions take checkpoints.
        "src/Stateroom/Checkpoints/Blobs/PackWriter.cs", "src/Stateroom/Checkpoints/Trees/TreeWriter.cs",
        "src/Stateroom.Guest/Shells/ControlDirectory.cs", "src/Stateroom.Guest/Output/KeptPart.cs", "src/Stateroom.Guest/Connections/SendQueue.cs", "src/Stateroom.Guest/Processes/Sacrifice.cs",
    ];

    [Fact]
    public void Every_source_that_writes_renames_or_removes_has_failpoints()
    {
        var without =
            from file in Repository.Code("src/Stateroom", "src/Stateroom.Guest")
            let name = Repository.Relative(file)
            where !Elsewhere.Contains(name) && Path.GetFileName(name) != "Failpoint.cs"
            let text = File.ReadAllText(file)
            where Change().IsMatch(text) && !text.Contains("Failpoint.", StringComparison.Ordinal)
            select name;
        Assert.Empty(without);
    }

    [GeneratedRegex(@"\b(HostFile\.(Write|WriteAt|Rename|Remove)|Libc\.(rename|renameat|write|pwrite|ftruncate|fallocate|fsync|link|send)|RandomAccess\.Write|Directory\.Move|File\.CreateSymbolicLink|[cC]alls\.Rename)\(")]
    private static partial Regex Change();
}
