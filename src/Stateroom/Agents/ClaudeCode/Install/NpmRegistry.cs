using Stateroom.Native;

namespace Stateroom.Agents.ClaudeCode.Install;

/// <summary>The registry that npm would use: from its variable, else from the user's .npmrc, else the public one.</summary>
internal static class NpmRegistry
{
    private const string Public = "https://registry.npmjs.org/", Key = "registry";
    private const int MostBytes = 1 << 20;

    /// <exception cref="AgentInstallException">What is set is no http or https address.</exception>
    public static Uri Find(Func<string, string?> environment)
    {
        foreach (var variable in (string[])["NPM_CONFIG_REGISTRY", "npm_config_registry"])
        {
            if (environment(variable)?.Trim() is { Length: > 0 } set) return Parse(set, variable);
        }
        var file = environment("HOME") is { Length: > 0 } home ? $"{home}/.npmrc" : null;
        return file is not null && FromFile(file) is { } written ? Parse(written, file) : new Uri(Public);
    }

    // npm's form is that of ini files; the last line of a key counts.
    private static string? FromFile(string path)
    {
        // The user's own file: links to it are as good.
        if (HostFile.TryStat(path, follow: true) is not { IsRegular: true, Size: <= MostBytes }) return null;
        string? found = null;
        foreach (var line in File.ReadLines(path))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[..equals].Trim() == Key) found = line[(equals + 1)..].Trim().Trim('"', '\'');
        }
        return string.IsNullOrEmpty(found) ? null : found;
    }

    // The text may hold a password: it is not shown.
    private static Uri Parse(string text, string where) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        ? uri
        : throw new AgentInstallException($"The npm registry that {where} names is no http or https address. Correct it, or unset it for {Public}.");
}
