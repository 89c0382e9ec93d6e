namespace Stateroom.Execution.Terminals;

/// <summary>The numbers of a control sequence: separated by ';', with finer ones behind ':'.</summary>
internal sealed class SequenceParameters
{
    /// <summary>More are not kept; xterm keeps 30.</summary>
    private const int Most = 32;

    private const int Largest = 65535;

    private readonly int[] _values = new int[Most];
    private readonly bool[] _finer = new bool[Most];
    private bool _full;

    public int Count { get; private set; }

    public void Clear() => (Count, _full) = (0, false);

    public void Digit(int digit)
    {
        if (_full) return;
        if (Count == 0) Add(finer: false);
        ref var value = ref _values[Count - 1];
        value = Math.Min(Math.Max(value, 0) * 10 + digit, Largest);
    }

    public void Separate(bool finer)
    {
        // A sequence that begins with a separator has left out its first number.
        if (Count == 0) Add(finer: false);
        Add(finer);
    }

    /// <summary>A number, or what holds when it is left out.</summary>
    public int Get(int index, int missing = 0) => index < Count && _values[index] >= 0 ? _values[index] : missing;

    /// <summary>A count: left out or 0 means 1.</summary>
    public int Times(int index = 0) => Math.Max(1, Get(index));

    /// <summary>True if the number belongs to the one before it.</summary>
    public bool IsFiner(int index) => index < Count && _finer[index];

    private void Add(bool finer)
    {
        if (Count == Most)
        {
            _full = true;
            return;
        }
        (_values[Count], _finer[Count]) = (-1, finer);
        Count++;
    }
}
