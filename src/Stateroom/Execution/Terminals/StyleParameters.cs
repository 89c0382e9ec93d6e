namespace Stateroom.Execution.Terminals;

/// <summary>Select graphic rendition: the parameters of CSI m (ECMA-48 8.3.117, with xterm's colours and kitty's underlines).</summary>
internal static class StyleParameters
{
    public static CellStyle Apply(CellStyle style, SequenceParameters parameters)
    {
        if (parameters.Count == 0) return default;
        for (var i = 0; i < parameters.Count;)
        {
            // Finer numbers that no case below has taken belong to something unknown.
            if (parameters.IsFiner(i)) i++;
            else style = One(style, parameters, ref i);
        }
        return style;
    }

    private static CellStyle One(CellStyle style, SequenceParameters parameters, ref int i)
    {
        var code = parameters.Get(i++);
        switch (code)
        {
            case 0: return default;
            case 1: return style.With(CellFlags.Bold);
            case 2: return style.With(CellFlags.Faint);
            case 3: return style.With(CellFlags.Italic);
            case 4: return style with { Underline = parameters.IsFiner(i) ? (Underline)Math.Min(parameters.Get(i++), (int)Underline.Dashed) : Underline.Single };
            case 5 or 6: return style.With(CellFlags.Blink);
            case 7: return style.With(CellFlags.Inverse);
            case 8: return style.With(CellFlags.Hidden);
            case 9: return style.With(CellFlags.Struck);
            case 21: return style with { Underline = Underline.Double };
            case 22: return style.Without(CellFlags.Bold | CellFlags.Faint);
            case 23: return style.Without(CellFlags.Italic);
            case 24: return style with { Underline = Underline.None };
            case 25: return style.Without(CellFlags.Blink);
            case 27: return style.Without(CellFlags.Inverse);
            case 28: return style.Without(CellFlags.Hidden);
            case 29: return style.Without(CellFlags.Struck);
            case >= 30 and <= 37: return style with { Foreground = CellColour.Indexed(code - 30) };
            case 38: return style with { Foreground = Colour(style.Foreground, parameters, ref i) };
            case 39: return style with { Foreground = default };
            case >= 40 and <= 47: return style with { Background = CellColour.Indexed(code - 40) };
            case 48: return style with { Background = Colour(style.Background, parameters, ref i) };
            case 49: return style with { Background = default };
            case 53: return style.With(CellFlags.Overlined);
            case 55: return style.Without(CellFlags.Overlined);
            case 58: return style with { UnderlineColour = Colour(style.UnderlineColour, parameters, ref i) };
            case 59: return style with { UnderlineColour = default };
            case >= 90 and <= 97: return style with { Foreground = CellColour.Indexed(code - 90 + 8) };
            case >= 100 and <= 107: return style with { Background = CellColour.Indexed(code - 100 + 8) };
            default: return style;
        }
    }

    /// <summary>38;5;n and 38;2;r;g;b, and the same with colons, where a colour space may come before the red.</summary>
    private static CellColour Colour(CellColour present, SequenceParameters parameters, ref int i)
    {
        var first = i;
        var finer = parameters.IsFiner(i);
        while (finer && parameters.IsFiner(i)) i++;
        var kind = parameters.Get(first);
        var needed = kind switch { 5 => 2, 2 => 4, _ => 1 };
        if (!finer) i = Math.Min(first + needed, parameters.Count);
        else if (kind == 2 && i - first > needed) first += i - first - needed > 0 ? 1 : 0;
        if (i - first < needed) return present;
        return kind switch
        {
            5 when parameters.Get(first + 1) <= 255 => CellColour.Indexed(parameters.Get(first + 1)),
            2 when IsByte(1) && IsByte(2) && IsByte(3) => CellColour.FromRgb(parameters.Get(first + 1), parameters.Get(first + 2), parameters.Get(first + 3)),
            _ => present,
        };

        bool IsByte(int offset) => parameters.Get(first + offset) <= 255;
    }
}
