using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>
/// Turns what a program printed into what its terminal shows, as xterm does (invisible-island.net/xterm/ctlseqs). Memory is bounded by the size, and
/// the time by the length of the stream; nothing that is fed makes it fail, and what it does not know it ignores.
/// </summary>
internal sealed partial class TerminalEmulator : ISequenceHandler
{
    /// <summary>A larger terminal is shown as if it had only these: more than any display has, and a bound on memory.</summary>
    public const int MaxColumns = 1000, MaxRows = 500;

    private const int TabWidth = 8, MaxTitle = 256;

    private readonly SequenceParser _parser;
    private readonly Scrollback _scrollback = new();
    private readonly Grid _normal;
    private Grid? _alternate, _spare;
    private bool[] _tabs;
    private CursorState _cursor;
    private int _top, _bottom;
    private Rune? _last;

    public TerminalEmulator(TerminalSize size)
    {
        _parser = new SequenceParser(this);
        (Columns, Rows) = Clamp(size);
        _normal = new Grid(Columns, Rows, _scrollback);
        _tabs = DefaultTabs(Columns);
        _bottom = Rows - 1;
    }

    public int Columns { get; private set; }

    public int Rows { get; private set; }

    public TerminalModes Modes { get; } = new();

    public Scrollback Scrollback => _scrollback;

    public Grid Normal => _normal;

    /// <value>The alternate screen while it is shown, else null.</value>
    public Grid? Alternate => _alternate;

    public CursorState Cursor => _cursor;

    /// <value>True if the last column was just written: the next character goes to the next row.</value>
    public bool IsWrapPending { get; private set; }

    /// <value>First and last row of the scroll region.</value>
    public (int Top, int Bottom) Region => (_top, _bottom);

    public IReadOnlyList<bool> Tabs => _tabs;

    /// <value>The window's title; null until a program sets one.</value>
    public string? Title { get; private set; }

    /// <inheritdoc cref="SequenceParser.Unfinished"/>
    public long Unfinished => _parser.Unfinished;

    /// <inheritdoc cref="SequenceParser.IsInSystemCommand"/>
    public bool IsInSystemCommand => _parser.IsInSystemCommand;

    private Grid Screen => _alternate ?? _normal;

    private Cell Blank => Cell.Blank(_cursor.Style.Erased());

    public static bool[] DefaultTabs(int columns) => [.. Enumerable.Range(0, columns).Select(c => c % TabWidth == 0 && c > 0)];

    public void Feed(ReadOnlySpan<byte> data) => _parser.Feed(data);

    /// <summary>Cuts and extends at the right and below; if the cursor would be lost below, at the top.</summary>
    public void Resize(TerminalSize size)
    {
        var (columns, rows) = Clamp(size);
        if ((columns, rows) == (Columns, Rows)) return;
        // The screen that is not shown has its cursor saved.
        var removed = _normal.Resize(columns, rows, _alternate is null ? _cursor.Row : _normal.Saved.Row);
        var hidden = _alternate?.Resize(columns, rows, _cursor.Row);
        _spare = _alternate;
        _normal.Saved = Moved(_normal.Saved, removed);
        if (_alternate is not null) _alternate.Saved = Moved(_alternate.Saved, hidden!.Value);
        _cursor = Moved(_cursor, hidden ?? removed);
        IsWrapPending = false;

        var tabs = DefaultTabs(columns);
        Array.Copy(_tabs, tabs, Math.Min(columns, Columns));
        _tabs = tabs;
        (Columns, Rows, _top, _bottom) = (columns, rows, 0, rows - 1);

        CursorState Moved(CursorState cursor, int up) =>
            cursor with { Column = Math.Min(cursor.Column, columns - 1), Row = Math.Clamp(cursor.Row - up, 0, rows - 1) };
    }

    /// <summary>The same picture as bytes; see <see cref="TerminalScreen.Redraw"/>.</summary>
    public byte[] Redraw() => new RedrawWriter(this).Write();

    private static (int Columns, int Rows) Clamp(TerminalSize size) => (Math.Clamp(size.Columns, 1, MaxColumns), Math.Clamp(size.Rows, 1, MaxRows));
}
