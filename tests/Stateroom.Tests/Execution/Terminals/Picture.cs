using System.Text;
using Stateroom.Execution.Terminals;

namespace Stateroom.Tests.Execution.Terminals;

/// <summary>All that a terminal holds, as text that a failing test can show.</summary>
internal static class Picture
{
    public static TerminalEmulator Of(string text, int columns = 10, int rows = 4) => Of(Encoding.UTF8.GetBytes(text), columns, rows);

    public static TerminalEmulator Of(ReadOnlySpan<byte> stream, int columns, int rows)
    {
        var terminal = new TerminalEmulator(new TerminalSize(columns, rows));
        terminal.Feed(stream);
        return terminal;
    }

    /// <summary>The text that is shown, rows separated by '|', without blanks at their ends.</summary>
    public static string Text(TerminalEmulator terminal) => string.Join('|', Lines(terminal));

    public static IEnumerable<string> Lines(TerminalEmulator terminal) => Enumerable.Range(0, terminal.Rows).Select(r => Text((terminal.Alternate ?? terminal.Normal)[r]).TrimEnd());

    public static string ScrolledOff(TerminalEmulator terminal) =>
        string.Join('|', Enumerable.Range(0, terminal.Scrollback.Count).Select(i => Text(terminal.Scrollback[i]).TrimEnd()));

    /// <summary>Everything; two terminals that give the same go on in the same way.</summary>
    public static string Whole(TerminalEmulator terminal)
    {
        var text = new StringBuilder();
        for (var i = 0; i < terminal.Scrollback.Count; i++) Row(text, "s", i, terminal.Scrollback[i]);
        Grid(text, "n", terminal.Normal, terminal.Rows);
        if (terminal.Alternate is { } alternate) Grid(text, "a", alternate, terminal.Rows);
        text.AppendLine($"cursor {terminal.Cursor} pending {terminal.IsWrapPending} region {terminal.Region} title {terminal.Title}");
        text.AppendLine($"tabs {string.Join(',', terminal.Tabs.Index().Where(t => t.Item).Select(t => t.Index))}");
        var modes = terminal.Modes;
        text.AppendLine($"modes {string.Join(' ', modes.Changed)} {modes.Insert} {modes.NewLine} {modes.KeypadApplication} {modes.CursorShape} {modes.ModifyOtherKeys}");
        return text.ToString();
    }

    private static void Grid(StringBuilder text, string name, Grid grid, int rows)
    {
        for (var i = 0; i < rows; i++) Row(text, name, i, grid[i]);
        text.AppendLine($"{name} saved {grid.Saved}");
    }

    private static void Row(StringBuilder text, string name, int number, Row row)
    {
        text.Append($"{name}{number}{(row.Wrapped ? '+' : ' ')}'{Text(row)}'");
        var style = default(CellStyle);
        for (var i = 0; i < row.Length; i++)
        {
            if (row[i].Style != style) text.Append($" {i}:{StyleText.Of(style = row[i].Style)[1..]}");
        }
        text.AppendLine();
    }

    private static string Text(Row row) => string.Concat(Enumerable.Range(0, row.Length).Select(c => row[c]).Select(c => c.IsRightHalf ? "" : new Rune(c.Rune) + c.Marks));
}
