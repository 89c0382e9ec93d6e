using System.Text;
using System.Text.RegularExpressions;

namespace Stateroom.Tests.Conformance.ShellProperties;

/// <summary>What one command gave.</summary>
/// <param name="Stdout">Its standard output, as Latin-1, with what differs by nature taken out.</param>
/// <param name="Stderr">Its standard error, likewise.</param>
/// <param name="End">How it ended.</param>
internal sealed partial record Observed(string Stdout, string Stderr, string End)
{
    private const int Shown = 300;

    /// <summary>What a command gave.</summary>
    public static Observed From(ReadOnlyMemory<byte> stdout, ReadOnlyMemory<byte> stderr, string end) => new(Normalize(stdout.Span), Normalize(stderr.Span), end);

    // The shell's own messages carry a line's number, which counts from the begin of its script, and bash tells the process id of a killed program.
    private static string Normalize(ReadOnlySpan<byte> output) => Killed().Replace(Line().Replace(Encoding.Latin1.GetString(output), "$1$2N"), "line N: pid $1");

    /// <summary>Says in what this differs from what the shell gives without us; null if in nothing.</summary>
    public string? DifferenceFrom(Observed direct)
    {
        var found = new StringBuilder();
        if (End != direct.End) found.AppendLine($"  the end: '{End}', and of the shell itself '{direct.End}'");
        Compare(found, "stdout", Stdout, direct.Stdout);
        Compare(found, "stderr", Stderr, direct.Stderr);
        return found.Length == 0 ? null : found.ToString();
    }

    private static void Compare(StringBuilder found, string stream, string ours, string theirs)
    {
        if (ours == theirs) return;
        var at = ours.AsSpan().CommonPrefixLength(theirs);
        found.AppendLine($"  {stream}, from byte {at} of {ours.Length}: '{Cut(ours, at)}'\n    of the shell itself, of {theirs.Length}: '{Cut(theirs, at)}'");
    }

    private static string Cut(string text, int at) => text.Substring(Math.Max(0, at - 40), Math.Min(Shown, text.Length - Math.Max(0, at - 40)));

    [GeneratedRegex(@"(\bline )\d+|(?<![\w/])((?:dash|zsh|\(eval\)|[fgx][123]?)(?:: ?[a-z .]+)*: ?)\d+")]
    private static partial Regex Line();

    [GeneratedRegex(@"line N: +\d+ (Killed|Terminated|Hangup)")]
    private static partial Regex Killed();
}
