using System.Globalization;
using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>A style as the control sequence that sets it, whatever was in force.</summary>
internal static class StyleText
{
    private static readonly (CellFlags Flag, int Code)[] Codes =
    [
        (CellFlags.Bold, 1), (CellFlags.Faint, 2), (CellFlags.Italic, 3), (CellFlags.Blink, 5), (CellFlags.Inverse, 7), (CellFlags.Hidden, 8),
        (CellFlags.Struck, 9), (CellFlags.Overlined, 53),
    ];

    public static string Of(CellStyle style)
    {
        if (style == default) return "\e[m";
        var text = new StringBuilder("\e[0");
        foreach (var (flag, code) in Codes)
        {
            if ((style.Flags & flag) != 0) Add(text, code);
        }
        if (style.Underline == Underline.Single) Add(text, 4);
        else if (style.Underline == Underline.Double) Add(text, 21);
        // Those that came later have no code of their own.
        else if (style.Underline != Underline.None) text.Append(";4:").Append((int)style.Underline);
        Colour(text, style.Foreground, 30);
        Colour(text, style.Background, 40);
        if (!style.UnderlineColour.IsDefault) Extended(text, style.UnderlineColour, 58, ':');
        return text.Append('m').ToString();
    }

    private static void Colour(StringBuilder text, CellColour colour, int first)
    {
        if (colour.IsDefault) return;
        if (!colour.IsIndexed || colour.Index > 15) Extended(text, colour, first + 8, ';');
        else Add(text, colour.Index < 8 ? first + colour.Index : first + 60 + colour.Index - 8);
    }

    private static void Extended(StringBuilder text, CellColour colour, int code, char separator)
    {
        var (red, green, blue) = colour.Rgb;
        // With colons a colour space, here left out, comes before the red.
        int?[] numbers = colour.IsIndexed ? [5, colour.Index] : separator == ':' ? [2, null, red, green, blue] : [2, red, green, blue];
        Add(text, code);
        foreach (var number in numbers) text.Append(separator).Append(number?.ToString(CultureInfo.InvariantCulture));
    }

    private static void Add(StringBuilder text, int code) => text.Append(';').Append(code.ToString(CultureInfo.InvariantCulture));
}
