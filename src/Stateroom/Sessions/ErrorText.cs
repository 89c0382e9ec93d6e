using System.Text.RegularExpressions;

namespace Stateroom.Sessions;

/// <summary>What of an agent's exception goes into results and histories: keys and tokens do not.</summary>
internal static partial class ErrorText
{
    public static string Of(Exception failure) =>
        Secret().Replace(failure is StateroomException ? failure.Message : $"The agent failed: {failure.GetType().Name}: {failure.Message}", "[removed]");

    // Provider keys (sk-...), authorization headers, and key=value or "key": "value" pairs that name a secret.
    [GeneratedRegex(@"\bsk-[A-Za-z0-9_-]{8,}|\bBearer\s+\S+|(?<=\b(?:api[_-]?key|x-api-key|auth[_-]?token|access[_-]?token|password|secret)""?\s*[=:]\s*""?)[^\s""',;]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();
}
