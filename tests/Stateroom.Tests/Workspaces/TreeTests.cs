using System.Diagnostics;
using Stateroom.Workspaces;

namespace Stateroom.Tests.Workspaces;

public sealed class TreeTests : IDisposable
{
    private readonly string _top = $"/tmp/stateroom-tree-{Guid.NewGuid():N}";

    public TreeTests() => Directory.CreateDirectory(_top + "/t");

    public void Dispose() => TreeRemover.Remove(_top);

    [Fact]
    public void A_tree_goes_whole_whatever_is_in_it_and_nothing_outside_of_it()
    {
        Shell("""
            mkdir outside; echo x > outside/keep
            cd t
            ln -s ../outside link; ln -s /nowhere dangling; mkfifo fifo
            mkdir -p closed/inner; echo x > closed/inner/f; chmod 000 closed/inner closed
            touch "$(printf 'odd\377\nname')"
            i=0; while [ $i -lt 300 ]; do mkdir d; cd d; echo x > f; i=$((i+1)); done
            """);
        TreeRemover.Remove(_top + "/t");
        TreeRemover.Remove(_top + "/t");
        Assert.False(Directory.Exists(_top + "/t"));
        Assert.True(File.Exists(_top + "/outside/keep"));
    }

    [Fact]
    public void A_scan_finds_what_was_created_and_changed_and_opens_nothing_but_directories()
    {
        Shell("cd t; echo a > same; echo a > changed; mkdir -p sub venv/lib; touch venv/lib/x; ln -s / link; mkfifo fifo");
        var before = WorkspaceScan.Take(_top + "/t");
        Assert.Equal(5, before.Count);
        Shell("cd t; echo bb >> changed; echo n > sub/new; touch venv/lib/y; mkdir -p .git/objects; touch .git/HEAD; rm link; touch \"$(printf 'odd\\377')\"");
        var after = WorkspaceScan.Take(_top + "/t");
        Assert.Equal([".git/", "odd\\xff", "sub/new"], after.CreatedSince(before));
        Assert.Equal(["changed"], after.ChangedSince(before));
    }

    [Fact]
    public void A_workspace_that_is_gone_scans_as_empty() => Assert.Equal(0, WorkspaceScan.Take(_top + "/none").Count);

    private void Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-ec", script]) { WorkingDirectory = _top })!;
        Assert.True(process.WaitForExit(Patience.Limit));
        Assert.Equal(0, process.ExitCode);
    }
}
