using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>
/// One row of cells. A row that was erased as a whole is only marked so: erasing a screen must not cost its area, or short hostile output would cost
/// long work. No half of a wide character is ever left alone.
/// </summary>
internal sealed class Row(int columns)
{
    private Cell[] _cells = [];
    private Cell _fill = Cell.Blank(default);
    private bool _uniform = true;

    public int Length { get; private set; } = columns;

    /// <value>True if the text goes on in the next row because this one was full.</value>
    public bool Wrapped { get; set; }

    public Cell this[int column] => _uniform ? _fill : _cells[column];

    /// <summary>Columns up to the last one that is not blank in the default style.</summary>
    public int ContentLength
    {
        get
        {
            if (_uniform && _fill.IsDefaultBlank) return 0;
            var length = Length;
            while (length > 0 && this[length - 1].IsDefaultBlank) length--;
            return length;
        }
    }

    public void Fill(Cell cell) => (_fill, _uniform, Wrapped) = (cell, true, false);

    /// <summary>Makes it a fresh row of a length.</summary>
    public void Reset(int length, Cell fill)
    {
        if (length != Length) _cells = [];
        Length = length;
        Fill(fill);
    }

    /// <summary>Writes a cell of width 1 or 2 that fits.</summary>
    public void Write(int column, Cell cell)
    {
        Materialize();
        var end = column + cell.Width;
        Part(column);
        Part(end);
        _cells[column] = cell;
        if (cell.Width == 2) _cells[column + 1] = new Cell(0, 0, cell.Style);
        if (end == Length) Wrapped = false;
    }

    public void Mark(int column, Rune mark)
    {
        Materialize();
        if (_cells[column].IsRightHalf) column--;
        _cells[column] = _cells[column].Marked(mark);
    }

    public void Erase(int from, int to, Cell blank)
    {
        if (from >= to) return;
        if (from == 0 && to == Length)
        {
            Fill(blank);
            return;
        }
        Materialize();
        Part(from);
        Part(to);
        _cells.AsSpan(from, to - from).Fill(blank);
        if (to == Length) Wrapped = false;
    }

    /// <summary>Moves the cells from a column on to the right; what leaves the row is lost.</summary>
    public void Insert(int column, int count, Cell blank)
    {
        count = Math.Min(count, Length - column);
        Materialize();
        Part(column);
        Part(Length - count);
        _cells.AsSpan(column, Length - column - count).CopyTo(_cells.AsSpan(column + count));
        _cells.AsSpan(column, count).Fill(blank);
        Wrapped = false;
    }

    /// <summary>Moves the cells behind the deleted ones to the left.</summary>
    public void Delete(int column, int count, Cell blank)
    {
        count = Math.Min(count, Length - column);
        Materialize();
        Part(column);
        Part(column + count);
        _cells.AsSpan(column + count).CopyTo(_cells.AsSpan(column));
        _cells.AsSpan(Length - count).Fill(blank);
        Wrapped = false;
    }

    public void Resize(int length)
    {
        if (length == Length) return;
        Wrapped = false;
        if (!_uniform)
        {
            if (length < Length) Part(length);
            var kept = Math.Min(length, Length);
            Array.Resize(ref _cells, length);
            _cells.AsSpan(kept).Fill(Cell.Blank(default));
        }
        else
        {
            _cells = [];
            // What is new is blank, also beside a row in one colour.
            if (length > Length && !_fill.IsDefaultBlank)
            {
                _cells = new Cell[length];
                _cells.AsSpan(0, Length).Fill(_fill);
                _cells.AsSpan(Length).Fill(Cell.Blank(default));
                _uniform = false;
            }
        }
        Length = length;
    }

    /// <summary>A wide character that spans a border about to be cut becomes two blanks.</summary>
    private void Part(int border)
    {
        if (border <= 0 || border >= Length || !_cells[border].IsRightHalf) return;
        _cells[border - 1] = _cells[border - 1].Blanked();
        _cells[border] = _cells[border].Blanked();
    }

    private void Materialize()
    {
        if (!_uniform) return;
        if (_cells.Length != Length) _cells = new Cell[Length];
        _cells.AsSpan().Fill(_fill);
        _uniform = false;
    }
}
