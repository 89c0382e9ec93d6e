using System.Buffers;
using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>
/// Writes a terminal's picture as bytes for another one. What can be asked of a terminal is not written: an answer would come in as if it were typed.
/// </summary>
internal sealed class RedrawWriter(TerminalEmulator terminal)
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private CellStyle _style;
    private CharacterSets _sets;
    private bool _origin;

    public byte[] Write()
    {
        Text("\e[m\e[H\e[2J");
        var scrollback = terminal.Scrollback;
        Rows(scrollback.Count + terminal.Rows, i => i < scrollback.Count ? scrollback[i] : terminal.Normal[i - scrollback.Count], whole: scrollback.Count > 0);
        Tabs();
        if (terminal.Alternate is not { } alternate) Save(terminal.Normal.Saved);
        else
        {
            Cursor(terminal.Normal.Saved);
            Text("\e[?1049h");
            Cursor(default);
            Text("\e[2J");
            Rows(terminal.Rows, i => alternate[i], whole: false);
            Save(alternate.Saved);
        }
        Position();
        Modes();
        return _output.WrittenSpan.ToArray();
    }

    /// <summary>Writes rows one below the other, from the cursor on.</summary>
    private void Rows(int count, Func<int, Row> row, bool whole)
    {
        var last = whole ? count - 1 : LastToWrite(count, row);
        for (var i = 0; i <= last; i++)
        {
            var current = row(i);
            var wrapped = IsWrapped(current);
            var length = wrapped ? current.Length : current.ContentLength;
            for (var column = 0; column < length; column++) Cell(current[column]);
            if (i == last) return;
            // New rows come in the background in force. A full row goes on by the terminal's own wrapping, so that it stays one line there as well.
            Style(default);
            Text(wrapped ? " \r" : "\r\n");
        }
    }

    private int LastToWrite(int count, Func<int, Row> row)
    {
        var last = count - 1;
        while (last >= 0 && row(last).ContentLength == 0 && !(last > 0 && IsWrapped(row(last - 1)))) last--;
        return last;
    }

    /// <summary>A row that was kept from a time of another width does not fill this one.</summary>
    private bool IsWrapped(Row row) => row.Wrapped && row.Length == terminal.Columns;

    private void Cell(Cell cell)
    {
        if (cell.IsRightHalf) return;
        Style(cell.Style);
        Span<byte> utf8 = stackalloc byte[4];
        _output.Write(utf8[..new Rune(cell.Rune).EncodeToUtf8(utf8)]);
        if (cell.Marks is { } marks) Text(marks);
    }

    private void Tabs()
    {
        if (terminal.Tabs.SequenceEqual(TerminalEmulator.DefaultTabs(terminal.Columns))) return;
        Text("\e[3g");
        for (var column = 0; column < terminal.Columns; column++)
        {
            if (terminal.Tabs[column]) Text($"\e[{column + 1}G\eH");
        }
    }

    private void Save(CursorState saved)
    {
        if (saved == default) return;
        Cursor(saved);
        Text("\e7");
    }

    /// <summary>While the scroll region is the whole screen, positions are the same in both origin modes.</summary>
    private void Cursor(CursorState cursor)
    {
        Origin(cursor.Origin);
        Text($"\e[{cursor.Row + 1};{cursor.Column + 1}H");
        Style(cursor.Style);
        Sets(cursor.Sets);
    }

    private void Position()
    {
        var cursor = terminal.Cursor;
        Origin(false);
        Sets(default);
        var (top, bottom) = terminal.Region;
        if ((top, bottom) != (0, terminal.Rows - 1)) Text($"\e[{top + 1};{bottom + 1}r");
        Origin(cursor.Origin);
        var row = (terminal.Alternate ?? terminal.Normal)[cursor.Row];
        var column = cursor.Column;
        if (terminal.IsWrapPending && row[column].IsRightHalf) column--;
        Text($"\e[{cursor.Row - (cursor.Origin ? top : 0) + 1};{column + 1}H");
        // Only writing the last column makes the next character wrap.
        if (terminal.IsWrapPending) Cell(row[column]);
        Style(cursor.Style);
        Sets(cursor.Sets);
    }

    private void Modes()
    {
        var modes = terminal.Modes;
        foreach (var (mode, on) in modes.Changed) Text($"\e[?{mode}{(on ? 'h' : 'l')}");
        if (modes.Insert) Text("\e[4h");
        if (modes.NewLine) Text("\e[20h");
        if (modes.KeypadApplication) Text("\e=");
        if (modes.CursorShape != 0) Text($"\e[{modes.CursorShape} q");
        if (modes.ModifyOtherKeys != 0) Text($"\e[>4;{modes.ModifyOtherKeys}m");
        if (terminal.Title is { } title) Text($"\e]2;{title}\a");
    }

    private void Origin(bool on)
    {
        if (_origin != on) Text(on ? "\e[?6h" : "\e[?6l");
        _origin = on;
    }

    private void Sets(CharacterSets sets)
    {
        for (var i = 0; i < 4; i++)
        {
            if (sets.IsLineDrawing(i) != _sets.IsLineDrawing(i)) Text($"\e{(char)('(' + i)}{(sets.IsLineDrawing(i) ? '0' : 'B')}");
        }
        if (sets.InUse != _sets.InUse) Text(sets.InUse switch { 1 => "\x0E", 2 => "\en", 3 => "\eo", _ => "\x0F" });
        _sets = sets;
    }

    private void Style(CellStyle style)
    {
        if (style != _style) Text(StyleText.Of(style));
        _style = style;
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, _output);
}
