namespace Stateroom.Agents.Credentials;

/// <summary>Takes secrets out of what is shown, stored or passed on.</summary>
internal static class Redaction
{
    /// <summary>What stands where a secret was.</summary>
    public const string Mark = "[credential]";

    public static string Remove(string text, params ReadOnlySpan<string?> secrets)
    {
        foreach (var secret in secrets)
        {
            if (!string.IsNullOrEmpty(secret)) text = text.Replace(secret, Mark, StringComparison.Ordinal);
        }
        return text;
    }
}
