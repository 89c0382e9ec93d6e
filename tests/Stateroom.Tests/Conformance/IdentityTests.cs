namespace Stateroom.Tests.Conformance;

/// <summary>Probe (i): who code in a room is, on both sides.</summary>
public class IdentityTests : RoomTest
{
    protected override SandboxOptions Options => base.Options with { Limits = new SandboxLimits { Processes = 64 } };

    [Fact]
    public async Task Inside_it_is_the_user_room_and_outside_never_root()
    {
        Assert.Equal("uid=1000(room) gid=1000(room) groups=1000(room)", await Output("id"));
        var exec = await Room.StartAsync(["sleep", "1000"]);
        var outside = Directory.GetDirectories("/proc").Where(IsSleepOfARoom).Select(UidOf).ToArray();
        Assert.NotEmpty(outside);
        Assert.DoesNotContain("0", outside);
        await exec.CancelAsync();
    }

    [Fact]
    public async Task Files_made_on_one_side_can_be_changed_and_removed_on_the_other()
    {
        string workspace = Session.WorkspacePath!.Value;
        await Output("echo inside > a; mkdir d; echo deep > d/b");
        await File.AppendAllTextAsync(Path.Combine(workspace, "a"), "outside\n");
        await File.WriteAllLinesAsync(Path.Combine(workspace, "c"), ["outside"]);
        await File.WriteAllLinesAsync(Path.Combine(workspace, "d", "e"), ["outside"]);
        await Output("echo inside >> c; echo inside >> d/e");
        Assert.Equal("inside\noutside\noutside\ninside", await Output("cat a c"));
        await Output("rm c d/e");
        File.Delete(Path.Combine(workspace, "a"));
        Directory.Delete(Path.Combine(workspace, "d"), recursive: true);
        Assert.Equal("", await Output("ls"));
    }

    [Fact]
    public async Task The_limit_of_processes_is_enforced()
    {
        var result = await Room.RunAsync("for i in $(seq 100); do sleep 1000 & done; echo all", new ExecOptions { Timeout = TimeSpan.FromSeconds(20) }).WaitAsync(Patience.Limit);
        Assert.NotEqual("all\n", result.StdoutText);
    }

    private static bool IsSleepOfARoom(string directory) =>
        int.TryParse(Path.GetFileName(directory), out _) && Read(directory, "comm") == "sleep\n" && Status(directory, "NSpid:").Contains('\t', StringComparison.Ordinal);

    private static string UidOf(string directory) => Status(directory, "Uid:").Split('\t')[0];

    private static string Status(string directory, string name) =>
        Read(directory, "status").Split('\n').FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";

    private static string Read(string directory, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, file));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
