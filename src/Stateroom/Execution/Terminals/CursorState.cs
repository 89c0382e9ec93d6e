namespace Stateroom.Execution.Terminals;

/// <summary>The four character sets and which of them is in use (ISO 2022, as far as terminals still use it).</summary>
/// <param name="LineDrawing">Bit n: the set Gn is DEC's line drawing; else it is ASCII, with all of Unicode.</param>
/// <param name="InUse">0 to 3.</param>
internal readonly record struct CharacterSets(byte LineDrawing, byte InUse)
{
    // From '_' to '~' (VT100 User Guide, table 3-9).
    private const string Drawings = "\u00A0◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

    public CharacterSets Designate(int set, bool lineDrawing) =>
        this with { LineDrawing = (byte)(lineDrawing ? LineDrawing | 1 << set : LineDrawing & ~(1 << set)) };

    public bool IsLineDrawing(int set) => (LineDrawing >> set & 1) != 0;

    public int Map(int rune) => rune is >= '_' and <= '~' && IsLineDrawing(InUse) ? Drawings[rune - '_'] : rune;
}

/// <summary>What ESC 7 saves.</summary>
/// <param name="Column">From 0.</param>
/// <param name="Row">From 0, of the screen.</param>
/// <param name="Style">The style of what is printed next.</param>
/// <param name="Sets">The character sets.</param>
/// <param name="Origin">Whether positions count from the scroll region.</param>
internal readonly record struct CursorState(int Column, int Row, CellStyle Style, CharacterSets Sets, bool Origin);
