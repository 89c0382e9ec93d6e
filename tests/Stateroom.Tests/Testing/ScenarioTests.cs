using Stateroom.Testing;

namespace Stateroom.Tests.Testing;

public sealed class ScenarioTests
{
    [Theory]
    [InlineData("""{ "turns": [] }""", "at least one turn")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [] } ] }""", "turns[0] has no replies")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "txt": "a" } ] } ] }""", "txt")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "error": { "status": 200, "type": "x" } } ] } ] }""", "from 400 to 599")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "tools": [ { "name": "bash", "input": "ls" } ] } ] } ] }""", "not an object")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "repeat": 0 } ] } ] }""", "repeat is 0")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "pace_ms": -1 } ] } ] }""", "pace_ms is -1")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "break": { "times": 0 } } ] } ] }""", "break.times is 0")]
    [InlineData("""{ "turns": [ { "prompt": "", "replies": [ { "break": { "how": "softly" } } ] } ] }""", "Not a scenario")]
    [InlineData("nonsense", "Not a scenario")]
    public void A_mistake_in_a_scenario_is_named_at_its_start(string json, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Scenario.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_scenario_file_may_have_comments_and_trailing_commas()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, """{ "turns": [ /* one */ { "prompt": "x", "replies": [ { "text": "y", "delay_ms": 5, }, ] }, ] }""");
        var reply = (await Scenario.LoadAsync(path)).Turns[0].Replies[0];
        File.Delete(path);
        Assert.Equal(("y", 5, false), (reply.Text, reply.DelayMs, reply.Hang));
        Assert.Empty(reply.Tools);
    }
}
