namespace Stateroom.Cli.Output;

/// <summary>Colours, only where a person reads them: a terminal, and no NO_COLOR (no-color.org).</summary>
internal static class Terminal
{
    private static readonly bool Colours = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") != "dumb";

    public static bool IsStderr { get; } = !Console.IsErrorRedirected;

    public static string Red(string text) => Colours && IsStderr ? $"\e[31m{text}\e[0m" : text;

    /// <summary>For standard error.</summary>
    public static string Dim(string text) => Colours && IsStderr ? $"\e[2m{text}\e[0m" : text;

    /// <summary>What comes from a room must not write control sequences to the terminal.</summary>
    public static string Printable(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? '?' : c)) : text;
}
