namespace Stateroom.Execution.Terminals;

/// <summary>The last rows that scrolled off the top of the normal screen.</summary>
internal sealed class Scrollback
{
    /// <summary>How many rows are kept, so that who comes back sees what happened lately.</summary>
    public const int Capacity = 1000;

    private readonly Row[] _rows = new Row[Capacity];
    private int _first;

    public int Count { get; private set; }

    public Row this[int index] => _rows[(_first + index) % Capacity];

    /// <summary>Adds a row.</summary>
    /// <returns>The oldest row, for another use, if there was no room; else null.</returns>
    public Row? Add(Row row)
    {
        if (Count < Capacity)
        {
            _rows[(_first + Count++) % Capacity] = row;
            return null;
        }
        var oldest = _rows[_first];
        _rows[_first] = row;
        _first = (_first + 1) % Capacity;
        return oldest;
    }

    public void Clear()
    {
        Array.Clear(_rows);
        (_first, Count) = (0, 0);
    }
}
