using System.Text.Json;
using Stateroom.Cli.Coding;

namespace Stateroom.Cli.Tests;

public sealed class TurnLinesTests
{
    private static readonly NetworkDecision Network = new(DateTimeOffset.UnixEpoch, "example.org", 443, false, null, "Add 'example.org' to the hosts that are allowed.");

    [Fact]
    public void A_notice_and_what_was_refused_are_told_always_and_what_was_allowed_is_not()
    {
        Assert.Equal("The model is asked again in 2 s.", TurnLines.Always(new Notice("The model is asked again in 2 s.")));
        Assert.Equal("! bash was denied: not today", TurnLines.Always(new PermissionDecided("c1", "bash", PermissionDecision.Deny("not today"))));
        Assert.Equal("! bash was denied", TurnLines.Always(new PermissionDecided("c1", "bash", PermissionDecision.Deny())));
        Assert.Equal("! example.org:443 was refused: Add 'example.org' to the hosts that are allowed.", TurnLines.Always(new NetworkDecided(Network)));
        Assert.Null(TurnLines.Always(new PermissionDecided("c1", "bash", PermissionDecision.Allow)));
        Assert.Null(TurnLines.Always(new NetworkDecided(Network with { IsAllowed = true })));
        Assert.Null(TurnLines.Always(new FileChanged("app.py")));
    }

    [Fact]
    public void Whoever_watches_sees_tools_and_files()
    {
        Assert.Equal("> bash {\"command\":\"ls\"}", TurnLines.Watched(new ToolCallStarted("c1", "bash", JsonElement.Parse("{\"command\":\"ls\"}"))));
        Assert.Equal("+ app.py", TurnLines.Watched(new FileCreated("app.py")));
        Assert.Equal("~ app.py", TurnLines.Watched(new FileChanged("app.py")));
        Assert.Equal("< done", TurnLines.Watched(new ToolCallCompleted("c1", false, "done")));
    }

    [Fact]
    public void Nothing_from_a_room_writes_control_sequences()
    {
        Assert.Equal("~ ?[2J", TurnLines.Watched(new FileChanged("\e[2J")));
        Assert.Equal("! ?[2J", TurnLines.Watched(new ToolCallCompleted("c1", true, "\e[2J")));
        Assert.Equal("?[2J", TurnLines.Always(new Notice("\e[2J")));
        // What turns the direction of a line, what hides in it, and what begins a new one.
        Assert.Equal("~ a?b?c?d?e?f", TurnLines.Watched(new FileChanged("a\u202eb\u2066c\u200bd\U000e0041e\u2028f")));
        Assert.Equal("~ é 日本 😀", TurnLines.Watched(new FileChanged("é 日本 😀")));
    }
}
