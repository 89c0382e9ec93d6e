namespace Stateroom.Execution.Terminals;

/// <summary>A colour of a cell: the terminal's default, one of 256, or a true colour.</summary>
/// <param name="Value">0, 0x01_00_00_nn or 0x02_rr_gg_bb.</param>
internal readonly record struct CellColour(uint Value)
{
    public bool IsDefault => Value == 0;

    public bool IsIndexed => Value >> 24 == 1;

    public byte Index => (byte)Value;

    public (byte Red, byte Green, byte Blue) Rgb => ((byte)(Value >> 16), (byte)(Value >> 8), (byte)Value);

    public static CellColour Indexed(int index) => new(0x0100_0000u | (byte)index);

    public static CellColour FromRgb(int red, int green, int blue) => new(0x0200_0000u | (uint)(byte)red << 16 | (uint)(byte)green << 8 | (byte)blue);
}

/// <summary>Attributes of a cell that are on or off.</summary>
[Flags]
internal enum CellFlags : byte
{
    None = 0,
    Bold = 1,
    Faint = 2,
    Italic = 4,
    Blink = 8,
    Inverse = 16,
    Hidden = 32,
    Struck = 64,
    Overlined = 128,
}

/// <summary>How a line under a cell looks; the values are those of SGR 4:n.</summary>
internal enum Underline : byte
{
    None,
    Single,
    Double,
    Curly,
    Dotted,
    Dashed,
}

/// <summary>How a cell looks.</summary>
internal readonly record struct CellStyle
{
    public CellColour Foreground { get; init; }

    public CellColour Background { get; init; }

    public CellColour UnderlineColour { get; init; }

    public CellFlags Flags { get; init; }

    public Underline Underline { get; init; }

    /// <summary>What an erased cell keeps of the style in force: its background (terminfo's bce).</summary>
    public CellStyle Erased() => new() { Background = Background };

    public CellStyle With(CellFlags flag) => this with { Flags = Flags | flag };

    public CellStyle Without(CellFlags flag) => this with { Flags = Flags & ~flag };

    /// <summary>The control sequence that sets it.</summary>
    public override string ToString() => StyleText.Of(this);
}
