using System.Buffers;
using System.Text;

namespace Stateroom.Sessions;

/// <summary>A command as the history shows it: an argv quoted so that a shell would read it back.</summary>
internal static class CommandText
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-");

    public static string Of(IReadOnlyList<string> argv)
    {
        if (argv.Count == 1 && IsPlain(argv[0])) return argv[0];
        var text = new StringBuilder(64);
        // What is beyond the history's limit is cut there; it need not be quoted first.
        for (var i = 0; i < argv.Count && text.Length <= HistoryLog.MaxTextBytes; i++)
        {
            if (i > 0) text.Append(' ');
            if (IsPlain(argv[i])) text.Append(argv[i]);
            else text.Append('\'').Append(argv[i].Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'');
        }
        return text.ToString();
    }

    private static bool IsPlain(string argument) => argument.Length > 0 && !argument.AsSpan().ContainsAnyExcept(Plain);
}
