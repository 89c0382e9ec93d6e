using System.Globalization;
using System.Text;
using Stateroom.Execution.Terminals;

namespace Stateroom.Tests.Execution.Terminals;

/// <summary>
/// Real programs, recorded as they printed to a terminal of 80 x 24 with keys typed at them. Beside each stream is what tmux 3.3a showed of it: where
/// the cursor was (column 80 is a pending wrap), then the rows.
/// </summary>
public sealed class RecordingTests
{
    public static TheoryData<string> Recordings => ["bash", "less", "python", "tmux", "vim", "zsh"];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void A_recorded_program_gives_the_screen_that_another_terminal_shows(string name)
    {
        var expected = Encoding.UTF8.GetString(Read(name + ".txt")).Split('\n');
        var cursor = expected[0].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var terminal = Picture.Of(Read(name + ".stream"), 80, 24);
        Assert.Equal(expected[1..25], Picture.Lines(terminal));
        Assert.Equal((cursor[0], cursor[1]), (terminal.Cursor.Column + (terminal.IsWrapPending ? 1 : 0), terminal.Cursor.Row));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void A_recorded_program_can_be_redrawn_at_any_moment(string name)
    {
        var stream = Read(name + ".stream");
        var random = new Random(stream.Length);
        var terminal = new TerminalEmulator(TerminalSize.Default);
        for (var at = 0; at < stream.Length;)
        {
            var count = Math.Min(random.Next(1, 100), stream.Length - at);
            terminal.Feed(stream.AsSpan(at, count));
            at += count;
            Assert.Equal(Picture.Whole(terminal), Picture.Whole(Picture.Of(terminal.Redraw(), 80, 24)));
        }
    }

    private static byte[] Read(string name)
    {
        using var resource = typeof(RecordingTests).Assembly.GetManifestResourceStream(name)!;
        using var memory = new MemoryStream();
        resource.CopyTo(memory);
        return memory.ToArray();
    }
}
