namespace Stateroom.Execution.Terminals;

/// <summary>Control sequences.</summary>
internal sealed partial class TerminalEmulator
{
    public void Control(byte prefix, byte intermediate, byte final, SequenceParameters parameters)
    {
        if (final != 'b') _last = null;
        switch ((prefix, intermediate))
        {
            case (0, 0): Plain((char)final, parameters); break;
            case ((byte)'?', 0): Private((char)final, parameters); break;
            case ((byte)'>', 0) when final == 'm' && parameters.Get(0) == 4: Modes.ModifyOtherKeys = Math.Min(parameters.Get(1), 3); break;
            case (0, (byte)'!') when final == 'p': SoftReset(); break;
            case (0, (byte)' ') when final == 'q' && parameters.Get(0) <= 6: Modes.CursorShape = parameters.Get(0); break;
        }
    }

    private void Plain(char final, SequenceParameters parameters)
    {
        var times = parameters.Times();
        var row = Screen[_cursor.Row];
        switch (final)
        {
            case 'A': MoveVertically(_cursor.Column, -times); break;
            case 'B' or 'e': MoveVertically(_cursor.Column, times); break;
            case 'C' or 'a': MoveTo(_cursor.Column + times, _cursor.Row); break;
            case 'D': MoveTo(_cursor.Column - times, _cursor.Row); break;
            case 'E': MoveVertically(0, times); break;
            case 'F': MoveVertically(0, -times); break;
            case 'G' or '`': MoveTo(times - 1, _cursor.Row); break;
            case 'H' or 'f': Address(parameters.Times(1) - 1, times - 1); break;
            case 'I': MoveTo(NextTab(_cursor.Column, times), _cursor.Row); break;
            case 'Z': MoveTo(PreviousTab(_cursor.Column, times), _cursor.Row); break;
            case 'd': Address(_cursor.Column, times - 1); break;
            case 'J': EraseInDisplay(parameters.Get(0)); break;
            case 'K': EraseInLine(parameters.Get(0)); break;
            case '@': IsWrapPending = false; row.Insert(_cursor.Column, times, Blank); break;
            case 'P': IsWrapPending = false; row.Delete(_cursor.Column, times, Blank); break;
            case 'X': IsWrapPending = false; row.Erase(_cursor.Column, Math.Min(_cursor.Column + times, Columns), Blank); break;
            case 'L' or 'M': MoveLines(final, times); break;
            case 'S': IsWrapPending = false; Screen.ScrollUp(_top, _bottom, times, Blank); break;
            // With more numbers it tracks the mouse, as long ago.
            case 'T' when parameters.Count <= 1: IsWrapPending = false; Screen.ScrollDown(_top, _bottom, times, Blank); break;
            case 'b' when _last is { } last: for (var i = Math.Min(times, Columns); i > 0; i--) Print(last); break;
            case 'g': ClearTabs(parameters.Get(0)); break;
            case 'h' or 'l': SetModes(parameters, final == 'h'); break;
            case 'm': _cursor = _cursor with { Style = StyleParameters.Apply(_cursor.Style, parameters) }; break;
            case 'r': SetRegion(times - 1, parameters.Get(1) is > 0 and var bottom ? Math.Min(bottom, Rows) - 1 : Rows - 1); break;
            case 's' when parameters.Count == 0: Screen.Saved = _cursor; break;
            case 'u' when parameters.Count == 0: Restore(); break;
        }
    }

    private void Private(char final, SequenceParameters parameters)
    {
        if (final == 'J') EraseInDisplay(parameters.Get(0));
        else if (final == 'K') EraseInLine(parameters.Get(0));
        else if (final is 'h' or 'l')
        {
            for (var i = 0; i < parameters.Count; i++) SetPrivateMode(parameters.Get(i), final == 'h');
        }
    }

    private void EraseInDisplay(int what)
    {
        IsWrapPending = false;
        if (what == 0)
        {
            EraseInLine(0);
            Screen.Erase(_cursor.Row + 1, Rows, Blank);
        }
        else if (what == 1)
        {
            Screen.Erase(0, _cursor.Row, Blank);
            EraseInLine(1);
        }
        else if (what == 2) Screen.Erase(0, Rows, Blank);
        else if (what == 3) _scrollback.Clear();
    }

    private void EraseInLine(int what)
    {
        IsWrapPending = false;
        var row = Screen[_cursor.Row];
        if (what == 0) row.Erase(_cursor.Column, Columns, Blank);
        else if (what == 1) row.Erase(0, _cursor.Column + 1, Blank);
        else if (what == 2) row.Erase(0, Columns, Blank);
    }

    private void MoveLines(char final, int times)
    {
        if (_cursor.Row < _top || _cursor.Row > _bottom) return;
        if (final == 'L') Screen.ScrollDown(_cursor.Row, _bottom, times, Blank);
        else Screen.DeleteRows(_cursor.Row, _bottom, times, Blank);
        MoveTo(0, _cursor.Row);
    }

    private void SetRegion(int top, int bottom)
    {
        if (top >= bottom) return;
        (_top, _bottom) = (top, bottom);
        Address(0, 0);
    }

    private void ClearTabs(int what)
    {
        if (what == 0) _tabs[_cursor.Column] = false;
        else if (what == 3) Array.Clear(_tabs);
    }

    private void SetModes(SequenceParameters parameters, bool on)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters.Get(i) == 4) Modes.Insert = on;
            else if (parameters.Get(i) == 20) Modes.NewLine = on;
        }
    }
}
