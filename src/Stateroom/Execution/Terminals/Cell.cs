using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>One cell of a screen.</summary>
/// <param name="Rune">The character; 0 in the right half of a wide one.</param>
/// <param name="Width">1, 2, or 0 for the right half of a wide character.</param>
/// <param name="Style">How it looks.</param>
/// <param name="Marks">Combining marks upon it; null if there are none.</param>
internal readonly record struct Cell(int Rune, byte Width, CellStyle Style, string? Marks = null)
{
    /// <summary>UTF-16 units of marks that a cell keeps: enough for any script, and a bound for hostile text.</summary>
    private const int MaxMarks = 16;

    public static Cell Blank(CellStyle style) => new(' ', 1, style);

    public bool IsDefaultBlank => Rune == ' ' && Marks is null && Style == default;

    public bool IsRightHalf => Width == 0;

    public Cell Marked(Rune mark) => (Marks?.Length ?? 0) + mark.Utf16SequenceLength > MaxMarks ? this : this with { Marks = Marks + mark };

    public Cell Blanked() => Blank(Style);
}
