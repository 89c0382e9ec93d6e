namespace Stateroom.Execution.Terminals;

/// <summary>The modes that a program switches and that a terminal has to be told again; and what is not a mode but as lasting.</summary>
internal sealed class TerminalModes
{
    public const int AutoWrap = 7, CursorVisible = 25;

    /// <summary>DEC private modes that are kept, with what is in force at the start. Those for the screen itself are handled where they act.</summary>
    private static readonly (int Mode, bool Initially)[] Kept =
    [
        (1, false), (5, false), (AutoWrap, true), (9, false), (12, false), (CursorVisible, true), (1000, false), (1002, false), (1003, false),
        (1004, false), (1005, false), (1006, false), (1007, false), (1015, false), (1016, false), (2004, false),
    ];

    // Only one of each can be in force: which clicks are told, and how.
    private static readonly int[] Tracking = [9, 1000, 1002, 1003], Encoding = [1005, 1006, 1015, 1016];

    private readonly bool[] _values = [.. Kept.Select(k => k.Initially)];

    public bool Insert { get; set; }

    public bool NewLine { get; set; }

    public bool KeypadApplication { get; set; }

    /// <value>0 to 6, DECSCUSR; 0 is the terminal's own.</value>
    public int CursorShape { get; set; }

    /// <value>xterm's modifyOtherKeys, 0 to 3.</value>
    public int ModifyOtherKeys { get; set; }

    public bool IsSet(int mode) => _values[IndexOf(mode)];

    /// <summary>The modes that are not as at the start.</summary>
    public IEnumerable<(int Mode, bool On)> Changed => Kept.Select((k, i) => (k.Mode, _values[i])).Where((k, i) => k.Item2 != Kept[i].Initially);

    public void Set(int mode, bool on)
    {
        if (IndexOf(mode) is not (>= 0 and var index)) return;
        if (Tracking.Contains(mode)) Clear(Tracking);
        else if (Encoding.Contains(mode) && on) Clear(Encoding);
        _values[index] = on;
    }

    public void Reset()
    {
        for (var i = 0; i < Kept.Length; i++) _values[i] = Kept[i].Initially;
        (Insert, NewLine, KeypadApplication, CursorShape, ModifyOtherKeys) = (false, false, false, 0, 0);
    }

    private static int IndexOf(int mode) => Array.FindIndex(Kept, k => k.Mode == mode);

    private void Clear(int[] modes)
    {
        foreach (var mode in modes) _values[IndexOf(mode)] = false;
    }
}
