using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>Escape sequences, private modes, resets, the title.</summary>
internal sealed partial class TerminalEmulator
{
    public void Escape(byte intermediate, byte final)
    {
        _last = null;
        if (intermediate is >= (byte)'(' and <= (byte)'+') _cursor = _cursor with { Sets = _cursor.Sets.Designate(intermediate - '(', final == '0') };
        else if (intermediate == '#' && final == '8') Align();
        if (intermediate != 0) return;
        switch ((char)final)
        {
            case '7': Screen.Saved = _cursor; break;
            case '8': Restore(); break;
            case '=': Modes.KeypadApplication = true; break;
            case '>': Modes.KeypadApplication = false; break;
            case 'D': Index(); break;
            case 'E': Index(); MoveTo(0, _cursor.Row); break;
            case 'H': _tabs[_cursor.Column] = true; break;
            case 'M': ReverseIndex(); break;
            case 'c': Reset(); break;
            case 'n': _cursor = _cursor with { Sets = _cursor.Sets with { InUse = 2 } }; break;
            case 'o': _cursor = _cursor with { Sets = _cursor.Sets with { InUse = 3 } }; break;
        }
    }

    public void SystemCommand(ReadOnlySpan<byte> data)
    {
        // 0 is window and icon, 2 the window; the rest does not belong to the picture.
        if (data.Length < 2 || data[0] is not ((byte)'0' or (byte)'2') || data[1] != ';') return;
        var title = string.Concat(Encoding.UTF8.GetString(data[2..]).EnumerateRunes().Where(r => !Rune.IsControl(r)));
        Title = title.Length <= MaxTitle ? title : title[..(char.IsHighSurrogate(title[MaxTitle - 1]) ? MaxTitle - 1 : MaxTitle)];
    }

    private void SetPrivateMode(int mode, bool on)
    {
        switch (mode)
        {
            case 6:
                _cursor = _cursor with { Origin = on };
                Address(0, 0);
                break;
            case TerminalModes.AutoWrap:
                IsWrapPending = false;
                Modes.Set(mode, on);
                break;
            case 47 or 1047: ShowAlternate(on); break;
            case 1048 when on: Screen.Saved = _cursor; break;
            case 1048: Restore(); break;
            case 1049 when on:
                Screen.Saved = _cursor;
                ShowAlternate(true);
                break;
            case 1049:
                ShowAlternate(false);
                Restore();
                break;
            default: Modes.Set(mode, on); break;
        }
    }

    /// <summary>Switches screens. The alternate one is always fresh, whatever mode asked for it.</summary>
    private void ShowAlternate(bool on)
    {
        IsWrapPending = false;
        if (!on)
        {
            _alternate = null;
            return;
        }
        if (_alternate is null)
        {
            _alternate = _spare ??= new Grid(Columns, Rows, null);
            _alternate.Saved = default;
        }
        _alternate.Erase(0, Rows, Blank);
    }

    private void Restore()
    {
        var saved = Screen.Saved;
        _cursor = saved;
        MoveTo(saved.Column, saved.Origin ? Math.Clamp(saved.Row, _top, _bottom) : saved.Row);
    }

    /// <summary>DECALN: a screen of E, with nothing set.</summary>
    private void Align()
    {
        (_top, _bottom) = (0, Rows - 1);
        _cursor = _cursor with { Origin = false };
        Screen.Erase(0, Rows, new Cell('E', 1, default));
        MoveTo(0, 0);
    }

    private void SoftReset()
    {
        IsWrapPending = false;
        (_top, _bottom) = (0, Rows - 1);
        _cursor = new CursorState(_cursor.Column, _cursor.Row, default, default, false);
        Screen.Saved = default;
        Modes.Insert = Modes.KeypadApplication = false;
        Modes.Set(1, false);
        Modes.Set(TerminalModes.AutoWrap, true);
        Modes.Set(TerminalModes.CursorVisible, true);
    }

    private void Reset()
    {
        _alternate = null;
        _cursor = default;
        _normal.Saved = default;
        _normal.Erase(0, Rows, Cell.Blank(default));
        _scrollback.Clear();
        _tabs = DefaultTabs(Columns);
        (_top, _bottom, IsWrapPending, Title) = (0, Rows - 1, false, null);
        Modes.Reset();
    }
}
