using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>Characters and control characters.</summary>
internal sealed partial class TerminalEmulator
{
    public void Print(Rune rune)
    {
        var character = rune.IsAscii ? new Rune(_cursor.Sets.Map(rune.Value)) : rune;
        var width = CharacterWidth.Of(character);
        if (width == 0)
        {
            Mark(character);
            return;
        }
        // A wide character has no place at all in one column.
        if (width > Columns) (character, width) = (Rune.ReplacementChar, 1);
        _last = rune;

        if (IsWrapPending) Wrap();
        else if (_cursor.Column + width > Columns)
        {
            if (Modes.IsSet(TerminalModes.AutoWrap)) Wrap();
            else _cursor = _cursor with { Column = Columns - width };
        }
        var row = Screen[_cursor.Row];
        if (Modes.Insert) row.Insert(_cursor.Column, width, Blank);
        row.Write(_cursor.Column, new Cell(character.Value, (byte)width, _cursor.Style));
        var next = _cursor.Column + width;
        IsWrapPending = next >= Columns && Modes.IsSet(TerminalModes.AutoWrap);
        _cursor = _cursor with { Column = Math.Min(next, Columns - 1) };
    }

    public void Execute(byte control)
    {
        _last = null;
        switch ((char)control)
        {
            case '\b': MoveTo(_cursor.Column - 1, _cursor.Row); break;
            case '\t': MoveTo(NextTab(_cursor.Column, 1), _cursor.Row); break;
            case '\n' or '\v' or '\f':
                Index();
                if (Modes.NewLine) MoveTo(0, _cursor.Row);
                break;
            case '\r': MoveTo(0, _cursor.Row); break;
            case '\x0E': _cursor = _cursor with { Sets = _cursor.Sets with { InUse = 1 } }; break;
            case '\x0F': _cursor = _cursor with { Sets = _cursor.Sets with { InUse = 0 } }; break;
        }
    }

    private void Mark(Rune mark)
    {
        var column = IsWrapPending ? _cursor.Column : _cursor.Column - 1;
        if (column >= 0) Screen[_cursor.Row].Mark(column, mark);
    }

    private void Wrap()
    {
        var full = Screen[_cursor.Row];
        // Not on the last row below a region, which does not scroll, nor on an only row that is not kept.
        var goesOn = _cursor.Row == _bottom ? _bottom > _top || _alternate is null : _cursor.Row < Rows - 1;
        Index();
        full.Wrapped = goesOn;
        MoveTo(0, _cursor.Row);
    }

    /// <summary>Down by one row, scrolling at the end of the region.</summary>
    private void Index()
    {
        IsWrapPending = false;
        if (_cursor.Row == _bottom) Screen.ScrollUp(_top, _bottom, 1, Blank);
        else if (_cursor.Row < Rows - 1) _cursor = _cursor with { Row = _cursor.Row + 1 };
    }

    /// <summary>Up by one row, scrolling at the beginning of the region.</summary>
    private void ReverseIndex()
    {
        IsWrapPending = false;
        if (_cursor.Row == _top) Screen.ScrollDown(_top, _bottom, 1, Blank);
        else if (_cursor.Row > 0) _cursor = _cursor with { Row = _cursor.Row - 1 };
    }

    private void MoveTo(int column, int row)
    {
        IsWrapPending = false;
        _cursor = _cursor with { Column = Math.Clamp(column, 0, Columns - 1), Row = Math.Clamp(row, 0, Rows - 1) };
    }

    /// <summary>To a position that counts from the scroll region in origin mode.</summary>
    private void Address(int column, int row)
    {
        if (_cursor.Origin) MoveTo(column, Math.Clamp(row + _top, _top, _bottom));
        else MoveTo(column, row);
    }

    /// <summary>Up or down, not out of the scroll region if the cursor is in it.</summary>
    private void MoveVertically(int column, int rows)
    {
        var from = _cursor.Row;
        var target = rows < 0 ? Math.Max(from + rows, from >= _top ? _top : 0) : Math.Min(from + rows, from <= _bottom ? _bottom : Rows - 1);
        MoveTo(column, target);
    }

    private int NextTab(int column, int times)
    {
        while (times-- > 0 && column < Columns - 1)
        {
            do column++;
            while (column < Columns - 1 && !_tabs[column]);
        }
        return column;
    }

    private int PreviousTab(int column, int times)
    {
        while (times-- > 0 && column > 0)
        {
            do column--;
            while (column > 0 && !_tabs[column]);
        }
        return column;
    }
}
