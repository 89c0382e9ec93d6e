namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Text from a log, for a message.</summary>
internal static class Text
{
    private const int Most = 300;

    /// <summary>One line without control characters, which could write to a terminal, of a bounded length.</summary>
    public static string Clean(string text) =>
        string.Concat((text.Length <= Most ? text : text[..Most] + "...").Select(c => char.IsControl(c) ? ' ' : c));
}
