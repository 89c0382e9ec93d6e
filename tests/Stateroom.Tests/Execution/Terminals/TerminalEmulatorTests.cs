using Stateroom.Execution.Terminals;

namespace Stateroom.Tests.Execution.Terminals;

/// <summary>What a terminal of 10 x 4 shows; the sequences are those of xterm's ctlseqs and of ECMA-48.</summary>
public sealed class TerminalEmulatorTests
{
    [Theory]
    [InlineData("0123456789", "0123456789|||", 9, 0)]
    [InlineData("0123456789x", "0123456789|x||", 1, 1)]
    [InlineData("0123456789\rx", "x123456789|||", 1, 0)]
    [InlineData("0123456789\e[Kx", "012345678x|||", 9, 0)]
    [InlineData("\e[?7l0123456789xy", "012345678y|||", 9, 0)]
    [InlineData("1\r\n2\r\n3\r\n4\r\n5", "2|3|4|5", 1, 3)]
    [InlineData("ab\n\bc", "ab| c||", 2, 1)]
    [InlineData("\e[20ha\nb", "a|b||", 1, 1)]
    [InlineData("a\tb", "a       b|||", 9, 0)]
    [InlineData("\e[3g\e[4G\eH\ra\tb\tc", "a  b     c|||", 9, 0)]
    [InlineData("a\tb\e[2Zc", "c       b|||", 1, 0)]
    [InlineData("\e[3;5Hx\e[Ay\e[2Dz", "|    zy|    x|", 5, 1)]
    [InlineData("\e[99;99Hx\e[Hy", "y|||         x", 1, 0)]
    [InlineData("abcdef\e[3G\e[2P", "abef|||", 2, 0)]
    [InlineData("abcdef\e[3G\e[2@", "ab  cdef|||", 2, 0)]
    [InlineData("abcdef\e[3G\e[2X", "ab  ef|||", 2, 0)]
    [InlineData("abcdef\e[3G\e[4hxy", "abxycdef|||", 4, 0)]
    [InlineData("abcdef\e[3G\e[1K", "   def|||", 2, 0)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2;2H\e[J", "1|2||", 1, 1)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2H\e[L", "1||2|3", 0, 1)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2H\e[M", "1|3|4|", 0, 1)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2;3r\e[3H\nx", "1|3|x|4", 1, 2)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2;3r\e[2H\eMx", "1|x|2|4", 1, 1)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2;3r\e[4H\nx", "1|2|3|x", 1, 3)]
    [InlineData("1\r\n2\r\n3\r\n4\e[2;3r\e[?6h\e[Hx\e[9Hy", "1|x|y|4", 1, 2)]
    [InlineData("1\r\n2\r\n3\r\n4\e[S", "2|3|4|", 1, 3)]
    [InlineData("1\r\n2\r\n3\r\n4\e[T", "|1|2|3", 1, 3)]
    [InlineData("a\e7\e[3;3H\e8b", "ab|||", 2, 0)]
    [InlineData("a\e[?1049h\e[2Jb\e[?1049lc", "ac|||", 2, 0)]
    [InlineData("a\e[?1049h\e[Hb", "b|||", 1, 0)]
    [InlineData("x\e[4b", "xxxxx|||", 5, 0)]
    [InlineData("\e(0lqk\e(Bq", "┌─┐q|||", 4, 0)]
    [InlineData("\e)0a\x0Eq\x0Fq", "a─q|||", 3, 0)]
    [InlineData("漢字x", "漢字x|||", 5, 0)]
    [InlineData("123456789漢", "123456789|漢||", 2, 1)]
    [InlineData("漢字\e[2Gx", " x字|||", 2, 0)]
    [InlineData("漢字\e[2G\e[P", " 字|||", 1, 0)]
    [InlineData("e\u0301x", "e\u0301x|||", 2, 0)]
    [InlineData("0123456789\u0301", "0123456789\u0301|||", 9, 0)]
    [InlineData("🙂\u200d🙂", "🙂\u200d🙂|||", 4, 0)]
    [InlineData("a\e[5;6qb\e[12;1$zc\e_data\e\\d\e^x\e\\e\ePq1;2\e\\f", "abcdef|||", 6, 0)]
    [InlineData("a\e[3\u0018b\e]0;t\u001Ac", "abc|||", 3, 0)]
    [InlineData("a\e[1\n;2Hb", "ab|||", 2, 0)]
    [InlineData("a\ecb", "b|||", 1, 0)]
    [InlineData("\e#8\e[2;2H\e[K", "EEEEEEEEEE|E|EEEEEEEEEE|EEEEEEEEEE", 1, 1)]
    public void A_stream_gives_a_screen(string stream, string screen, int column, int row)
    {
        var terminal = Picture.Of(stream);
        Assert.Equal(screen, Picture.Text(terminal));
        Assert.Equal((column, row), (terminal.Cursor.Column, terminal.Cursor.Row));
    }

    [Theory]
    [InlineData("\e[1;3;4;7;9m", "\e[0;1;3;7;9;4m")]
    [InlineData("\e[1;2m\e[22m", "\e[m")]
    [InlineData("\e[31;42m\e[39m", "\e[0;42m")]
    [InlineData("\e[38;5;200;1m", "\e[0;1;38;5;200m")]
    [InlineData("\e[38;5;9m", "\e[0;91m")]
    [InlineData("\e[48;2;10;20;30m", "\e[0;48;2;10;20;30m")]
    [InlineData("\e[38:2::10:20:30m", "\e[0;38;2;10;20;30m")]
    [InlineData("\e[38:2:10:20:30m", "\e[0;38;2;10;20;30m")]
    [InlineData("\e[4:3;58:5:7m", "\e[0;4:3;58:5:7m")]
    [InlineData("\e[4:3m\e[4:0m", "\e[m")]
    [InlineData("\e[38;7;1m", "\e[0;1m")]
    [InlineData("\e[38;5m", "\e[m")]
    [InlineData("\e[1m\e[;m", "\e[m")]
    public void Styles_are_understood_and_written(string stream, string style) => Assert.Equal(style, Picture.Of(stream).Cursor.Style.ToString());

    [Fact]
    public void Erased_cells_take_the_background_in_force()
    {
        var terminal = Picture.Of("\e[31;44mab\e[K");
        Assert.Equal("\e[0;31;44m", terminal.Normal[0][1].Style.ToString());
        Assert.Equal("\e[0;44m", terminal.Normal[0][5].Style.ToString());
    }

    [Fact]
    public void Rows_that_scroll_off_the_normal_screen_are_kept_and_no_others()
    {
        Assert.Equal("1|2", Picture.ScrolledOff(Picture.Of("1\r\n2\r\n3\r\n4\r\n5\r\n6")));
        Assert.Equal("", Picture.ScrolledOff(Picture.Of("\e[?1049h1\r\n2\r\n3\r\n4\r\n5\r\n6")));
        Assert.Equal("", Picture.ScrolledOff(Picture.Of("\e[2;4r\e[2H1\r\n2\r\n3\r\n4\r\n5\r\n6")));
        Assert.Equal("", Picture.ScrolledOff(Picture.Of("1\r\n2\r\n3\r\n4\r\n5\r\n6\e[3J")));
        var many = Picture.Of(string.Concat(Enumerable.Range(1, 5000).Select(i => $"{i}\r\n")));
        Assert.Equal(Scrollback.Capacity, many.Scrollback.Count);
        Assert.EndsWith("|4997", Picture.ScrolledOff(many), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_text_become_replacement_characters()
    {
        var terminal = Picture.Of([(byte)'a', 0xFF, (byte)'b', 0xE6, 0xBC, (byte)'c', 0xC0, 0x80], 10, 4);
        Assert.Equal("a\uFFFDb\uFFFDc\uFFFD\uFFFD|||", Picture.Text(terminal));
    }

    [Fact]
    public void A_resize_cuts_at_the_right_and_keeps_the_cursors_row()
    {
        var terminal = Picture.Of("12345678\r\n漢字漢字\r\n3\r\n4");
        terminal.Resize(new TerminalSize(7, 3));
        Assert.Equal("漢字漢|3|4", Picture.Text(terminal));
        Assert.Equal((1, 2), (terminal.Cursor.Column, terminal.Cursor.Row));
        Assert.Equal("12345678", Picture.ScrolledOff(terminal));
        terminal.Resize(new TerminalSize(12, 5));
        terminal.Feed("\t\tx"u8);
        Assert.Equal("漢字漢|3|4          x||", Picture.Text(terminal));
    }

    [Fact]
    public void A_resize_keeps_the_screen_that_is_not_shown()
    {
        var terminal = Picture.Of("1\r\n2\r\n3\r\n4\e[?1049h\e[Hvim");
        terminal.Resize(new TerminalSize(10, 2));
        Assert.Equal("vim|", Picture.Text(terminal));
        terminal.Feed("\e[?1049l"u8);
        Assert.Equal("3|4", Picture.Text(terminal));
        Assert.Equal((1, 1), (terminal.Cursor.Column, terminal.Cursor.Row));
    }

    [Fact]
    public void The_title_is_kept_without_controls_and_within_bounds()
    {
        Assert.Equal("a 字 title", Picture.Of("\e]0;a 字\u0085 title\a").Title);
        Assert.Equal("kept", Picture.Of("\e]2;kept\e\\\e]1;icon\a\e]52;c;AAAA\a").Title);
        Assert.Equal(256, Picture.Of($"\e]2;{new string('x', 4000)}\a").Title!.Length);
        Assert.Null(Picture.Of($"\e]2;{new string('x', 1 << 20)}\a").Title);
    }

    [Fact]
    public void What_is_unfinished_is_told()
    {
        Assert.Equal(0, Picture.Of("abc").Unfinished);
        Assert.Equal(4, Picture.Of("abc\e[1;").Unfinished);
        Assert.Equal(2, Picture.Of([(byte)'a', 0xE6, 0xBC], 10, 4).Unfinished);
        Assert.Equal(1 << 20, Picture.Of("x\e]" + new string('x', (1 << 20) - 2)).Unfinished);
    }
}
