using System.CommandLine.Parsing;
using System.Globalization;

namespace Stateroom.Cli.CommandLine;

/// <summary>Durations as people type them: <c>5</c> and <c>1.5s</c> are seconds, also <c>200ms</c>, <c>10m</c>, <c>2h</c>, <c>7d</c>.</summary>
internal static class Durations
{
    private static readonly (string Suffix, double Milliseconds)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1000)];

    /// <summary>Timers of .NET and of the guest end at 2^31 - 1 milliseconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private static readonly TimeSpan LongestAge = TimeSpan.FromDays(36_500);

    public static TimeSpan? Parse(ArgumentResult argument) => Parse(argument, Longest, "200ms, 10m, 2h; from 1ms to 24 days");

    /// <summary>An age has no timer that bounds it.</summary>
    public static TimeSpan? ParseAge(ArgumentResult argument) => Parse(argument, LongestAge, "30m, 12h, 7d; up to 36500d");

    private static TimeSpan? Parse(ArgumentResult argument, TimeSpan longest, string examples)
    {
        var text = argument.Tokens[0].Value;
        var (suffix, unit) = Units.First(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));
        if (double.TryParse(text.AsSpan(..^suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * unit >= 1 && number * unit <= longest.TotalMilliseconds)
        {
            return TimeSpan.FromMilliseconds(number * unit);
        }
        argument.AddError($"'{text}' is not a duration: use a number of seconds, or {examples}.");
        return null;
    }
}
