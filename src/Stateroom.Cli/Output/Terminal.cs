using System.Globalization;
using System.Text;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Output;

/// <summary>Colours, only where a person reads them: a terminal, and no NO_COLOR (no-color.org).</summary>
internal static class Terminal
{
    private static readonly bool Colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public static bool IsStderr { get; } = !Console.IsErrorRedirected;

    public static string Red(string text) => Colours && IsStderr ? $"\e[31m{text}\e[0m" : text;

    /// <summary>For standard error.</summary>
    public static string Dim(string text) => Colours && IsStderr ? $"\e[2m{text}\e[0m" : text;

    /// <summary>
    /// What comes from a room or a model must not write control sequences to the terminal, nor hide or turn around what a person reads. Of one line:
    /// what would begin another is not printable either.
    /// </summary>
    public static string Printable(string text) => Replace(text, isText: false);

    /// <summary>Text of several lines for standard output: printable at a terminal, as it is for a program.</summary>
    public static string Shown(string text) => UserTerminal.IsShown ? Replace(text, isText: true) : text;

    private static string Replace(string text, bool isText)
    {
        StringBuilder? changed = null;
        for (var i = 0; i < text.Length;)
        {
            // Half a character, such as at the end of a piece, is written as it comes.
            var length = char.IsSurrogatePair(text, i) ? 2 : 1;
            if (IsPrintable(CharUnicodeInfo.GetUnicodeCategory(text, i)) || (isText && IsOfText(text[i]))) changed?.Append(text, i, length);
            else (changed ??= new StringBuilder(text, 0, i, text.Length)).Append('?');
            i += length;
        }
        return changed?.ToString() ?? text;
    }

    // Format characters turn the direction of what follows, or cannot be seen (Unicode, 23).
    private static bool IsPrintable(UnicodeCategory category) =>
        category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    // The two joiners belong to the writing of some languages, and to emoji.
    private static bool IsOfText(char c) => c is '\n' or '\t' or '\u200c' or '\u200d';
}
