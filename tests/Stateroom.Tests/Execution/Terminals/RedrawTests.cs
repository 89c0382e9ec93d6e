using System.Text;
using Stateroom.Execution.Terminals;

namespace Stateroom.Tests.Execution.Terminals;

/// <summary>What a redraw promises, shown on random streams: the seeds are fixed, so that a failure can be repeated.</summary>
public sealed class RedrawTests
{
    private static readonly string[] Pieces =
    [
        "a", "bc", "The quick brown fox ", "0123456789", " ", "\t", "\r", "\n", "\r\n", "\b", "\e[A", "\e[2B", "\e[C", "\e[3D", "\e[H", "\e[2;3H", "\e[99;99H",
        "\e[J", "\e[1J", "\e[2J", "\e[3J", "\e[K", "\e[1K", "\e[2K", "\e[@", "\e[3@", "\e[P", "\e[2P", "\e[X", "\e[4X", "\e[L", "\e[2L", "\e[M", "\e[2M", "\e[S",
        "\e[3S", "\e[T", "\e[2T", "\e[b", "\e[3b", "\e[Z", "\e[I", "\e[2G", "\e[3d", "\e[E", "\e[F", "\eD", "\eE", "\eM", "\eH", "\e[g", "\e[3g", "\e7", "\e8",
        "\e[s", "\e[u", "\e[2;3r", "\e[r", "\e[1;2r", "\e[?6h", "\e[?6l", "\e[?7l", "\e[?7h", "\e[?7h", "\e[4h", "\e[4l", "\e[20h", "\e[20l", "\e[?1049h",
        "\e[?1049l", "\e[?47h", "\e[?47l", "\e[?1047h", "\e[?1047l", "\e[?1048h", "\e[?1048l", "\e[m", "\e[1;31m", "\e[44m", "\e[38;5;200m", "\e[48;2;1;2;3m",
        "\e[4:3;58:2::9:8:7m", "\e[38:5:99m", "\e[7;53m", "\e[22;24;27m", "\e(0", "\e(B", "\e)0", "\x0E", "\x0F", "\en", "qxlk", "漢", "字漢", "é", "e\u0301",
        "\u0301", "🙂", "\u200d", "가", "\e[?25l", "\e[?25h", "\e[?1h", "\e[?1000h", "\e[?1003h", "\e[?1006h", "\e[?1000l", "\e[?2004h", "\e=", "\e>",
        "\e[5 q", "\e[>4;2m", "\e]0;a title\a", "\e]2;字\e\\", "\e]11;?\a", "\e[6n", "\e[c", "\ePq#0\e\\", "\e#8", "\e[!p", "\ec", "\x18", "\e[1;2", "\e", "\a",
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_redraw_brings_a_fresh_terminal_to_the_same_picture(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var (columns, rows) = (random.Next(1, 14), random.Next(1, 7));
            var stream = Stream(random, random.Next(1, 200));
            var terminal = Picture.Of(stream, columns, rows);
            var redrawn = Picture.Of(terminal.Redraw(), columns, rows);
            AssertSame(Picture.Whole(terminal), Picture.Whole(redrawn), stream, columns, rows);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_stream_may_be_cut_anywhere(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            var stream = random.Next(2) == 0 ? Stream(random, 200) : Noise(random, 500);
            var whole = Picture.Of(stream, 12, 5);
            var terminal = new TerminalEmulator(new TerminalSize(12, 5));
            for (var at = 0; at < stream.Length;)
            {
                var count = Math.Min(random.Next(1, 6), stream.Length - at);
                terminal.Feed(stream.AsSpan(at, count));
                at += count;
                Assert.InRange(terminal.Unfinished, 0, at);
            }
            AssertSame(Picture.Whole(whole), Picture.Whole(terminal), stream, 12, 5);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Who_comes_in_between_sees_what_who_was_there_all_the_time_sees(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            // Repeating the last character is all that a terminal knows and that cannot be drawn.
            var stream = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Stream(random, 120)).Replace("b", "", StringComparison.Ordinal));
            var cut = random.Next(stream.Length);
            var there = Picture.Of(stream.AsSpan(0, cut), 12, 5);
            var later = Picture.Of(there.Redraw(), 12, 5);
            later.Feed(stream.AsSpan((int)(cut - there.Unfinished)));
            there.Feed(stream.AsSpan(cut));
            AssertSame(Picture.Whole(there), Picture.Whole(later), stream, 12, 5);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_bytes_never_fail_and_the_redraw_asks_nothing(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 10; round++)
        {
            var terminal = Picture.Of(Noise(random, 5000), random.Next(1, 100), random.Next(1, 50));
            terminal.Resize(new TerminalSize(random.Next(1, 100), random.Next(1, 50)));
            terminal.Feed(Noise(random, 5000));
            AssertAsksNothing(terminal.Redraw());
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_redraw_after_resizes_shows_the_same_screen(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var terminal = new TerminalEmulator(new TerminalSize(random.Next(1, 14), random.Next(1, 7)));
            for (var i = 0; i < 4; i++)
            {
                terminal.Feed(Stream(random, 40));
                terminal.Resize(new TerminalSize(random.Next(1, 14), random.Next(1, 7)));
            }
            // What scrolled off at another width has other line breaks.
            terminal.Feed("\e[3J"u8);
            var redrawn = Picture.Of(terminal.Redraw(), terminal.Columns, terminal.Rows);
            AssertSame(Picture.Whole(terminal), Picture.Whole(redrawn), [], terminal.Columns, terminal.Rows);
        }
    }

    [Fact]
    public void A_redraw_asks_nothing_whatever_was_asked()
    {
        var terminal = Picture.Of("\e[5n\e[6n\e[c\e[>c\e[?2026$p\e]10;?\a\e]4;1;?\a\eP+q544e\e\\\e[14t\eZ\x05text\e]2;ti\x9btle\a");
        var redraw = terminal.Redraw();
        AssertAsksNothing(redraw);
        Assert.Contains("text", Encoding.UTF8.GetString(redraw), StringComparison.Ordinal);
    }

    [Fact]
    public void Short_hostile_output_does_not_cost_long_work()
    {
        // Each of these does the most for its length; a megabyte of each must not take minutes on the largest screen.
        foreach (var piece in new[] { "\e[J", "\e[L", "\e[T", "\n", "\e#8", "\e[2Jx", "\e[?47h\e[?47l", "\e[999b", "\ec", "e\u0301" })
        {
            var terminal = new TerminalEmulator(new TerminalSize(65535, 65535));
            var stream = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, 100_000 / piece.Length)));
            var watch = System.Diagnostics.Stopwatch.StartNew();
            terminal.Feed(stream);
            Assert.True(watch.Elapsed < Patience.Limit, $"'{piece[1..]}' took {watch.Elapsed}.");
        }
    }

    private static byte[] Stream(Random random, int count) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(_ => Pieces[random.Next(Pieces.Length)])));

    /// <summary>Random bytes, with more of those that begin something.</summary>
    private static byte[] Noise(Random random, int count)
    {
        var noise = new byte[count];
        random.NextBytes(noise);
        for (var i = 0; i < count - 2; i++)
        {
            if (random.Next(6) == 0) (noise[i], noise[i + 1]) = (0x1B, (byte)random.Next(0x20, 0x7F));
            if (random.Next(12) == 0) (noise[i], noise[i + 1]) = (0x1B, (byte)'[');
        }
        return noise;
    }

    /// <summary>Only characters, movements, modes, styles and a title; no other final byte, and so nothing that is answered.</summary>
    private static void AssertAsksNothing(byte[] redraw)
    {
        var seen = new Seen();
        new SequenceParser(seen).Feed(redraw);
        Assert.Empty(seen.Unexpected);
    }

    private static void AssertSame(string expected, string actual, byte[] stream, int columns, int rows)
    {
        if (expected != actual)
            Assert.Fail($"{columns} x {rows}, {Encoding.UTF8.GetString(stream).Replace("\e", "\\e", StringComparison.Ordinal)}\nexpected\n{expected}\nactual\n{actual}");
    }

    private sealed class Seen : ISequenceHandler
    {
        public List<string> Unexpected { get; } = [];

        public void Print(Rune rune) => Note(!Rune.IsControl(rune), $"U+{rune.Value:X4}");

        public void Execute(byte control) => Note("\r\n\x0E\x0F".Contains((char)control, StringComparison.Ordinal), $"control {control}");

        public void Escape(byte intermediate, byte final) =>
            Note(intermediate == 0 ? "7=Hno".Contains((char)final, StringComparison.Ordinal) : "()*+".Contains((char)intermediate, StringComparison.Ordinal), $"ESC {(char)final}");

        public void Control(byte prefix, byte intermediate, byte final, SequenceParameters parameters) =>
            Note("HJmGghlrq".Contains((char)final, StringComparison.Ordinal) && (final != 'q' || intermediate == ' '), $"CSI {(char)prefix} {(char)intermediate} {(char)final}");

        public void SystemCommand(ReadOnlySpan<byte> data) => Note(data.StartsWith("2;"u8), "OSC");

        private void Note(bool expected, string what)
        {
            if (!expected) Unexpected.Add(what);
        }
    }
}
