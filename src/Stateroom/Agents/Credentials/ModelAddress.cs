namespace Stateroom.Agents.Credentials;

/// <summary>Where the model's API is.</summary>
internal static class ModelAddress
{
    public const string Variable = "ANTHROPIC_BASE_URL";

    /// <summary>What the environment says; null if it says nothing.</summary>
    /// <exception cref="AgentConfigurationException">It names no http or https address.</exception>
    public static Uri? Find(Func<string, string?> environment)
    {
        var text = environment(Variable)?.Trim();
        if (string.IsNullOrEmpty(text)) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? uri
            : throw new AgentConfigurationException($"{Variable} is not an http or https address: '{text}'. Correct it, or unset it for the default.");
    }
}
