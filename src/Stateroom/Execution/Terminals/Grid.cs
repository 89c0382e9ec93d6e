namespace Stateroom.Execution.Terminals;

/// <summary>The rows of one screen, normal or alternate.</summary>
internal sealed class Grid
{
    private readonly Scrollback? _scrollback;
    private Row[] _rows;

    /// <param name="columns">Width.</param>
    /// <param name="rows">Height.</param>
    /// <param name="scrollback">Where rows go that leave at the top; null if they are not kept.</param>
    public Grid(int columns, int rows, Scrollback? scrollback)
    {
        _scrollback = scrollback;
        _rows = new Row[rows];
        for (var i = 0; i < rows; i++) _rows[i] = new Row(columns);
    }

    /// <value>The cursor that ESC 7 saved on this screen.</value>
    public CursorState Saved { get; set; }

    public Row this[int row] => _rows[row];

    /// <summary>Moves the rows of a region up; rows that leave at the top of the screen go into the scrollback.</summary>
    public void ScrollUp(int top, int bottom, int count, Cell blank) => MoveUp(top, bottom, count, blank, top == 0 ? _scrollback : null);

    /// <summary>Moves the rows of a region up; nothing is kept.</summary>
    public void DeleteRows(int top, int bottom, int count, Cell blank)
    {
        MoveUp(top, bottom, count, blank, null);
        EndLineAbove(top);
    }

    public void ScrollDown(int top, int bottom, int count, Cell blank)
    {
        count = Math.Min(count, bottom - top + 1);
        Span<Row> region = _rows.AsSpan(top, bottom - top + 1);
        var gone = region[^count..].ToArray();
        region[..^count].CopyTo(region[count..]);
        for (var i = 0; i < count; i++)
        {
            gone[i].Fill(blank);
            region[i] = gone[i];
        }
        region[^1].Wrapped = false;
        EndLineAbove(top);
    }

    public void Erase(int from, int to, Cell blank)
    {
        for (var i = from; i < to; i++) _rows[i].Fill(blank);
    }

    /// <summary>Brings it to another size. Rows beyond it are cut off below, but so many at the top that the cursor's row stays.</summary>
    /// <returns>How many rows went at the top.</returns>
    public int Resize(int columns, int rows, int cursorRow)
    {
        var removed = Math.Max(0, cursorRow - rows + 1);
        for (var i = 0; i < removed; i++) _scrollback?.Add(_rows[i]);
        var resized = new Row[rows];
        for (var i = 0; i < rows; i++)
        {
            var row = i + removed < _rows.Length ? _rows[i + removed] : new Row(columns);
            row.Resize(columns);
            resized[i] = row;
        }
        _rows = resized;
        _rows[^1].Wrapped = false;
        return removed;
    }

    private void MoveUp(int top, int bottom, int count, Cell blank, Scrollback? kept)
    {
        count = Math.Min(count, bottom - top + 1);
        Span<Row> region = _rows.AsSpan(top, bottom - top + 1);
        // The last row may have been wrapped into one below the region, which does not move.
        region[^1].Wrapped = false;
        var gone = region[..count].ToArray();
        region[count..].CopyTo(region);
        for (var i = 0; i < count; i++)
        {
            var columns = gone[i].Length;
            var fresh = kept is null ? gone[i] : kept.Add(gone[i]) ?? new Row(columns);
            fresh.Reset(columns, blank);
            region[^(count - i)] = fresh;
        }
        if (top > 0) _rows[top - 1].Wrapped = false;
    }

    private void EndLineAbove(int top)
    {
        if (top > 0) _rows[top - 1].Wrapped = false;
        else if (_scrollback is { Count: > 0 }) _scrollback[_scrollback.Count - 1].Wrapped = false;
    }
}
