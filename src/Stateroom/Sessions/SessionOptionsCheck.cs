using Stateroom.Network;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Sessions;

/// <summary>Checks a configuration before anything is made, and names all that is wrong at once.</summary>
internal static class SessionOptionsCheck
{
    /// <exception cref="ArgumentException">Something is out of its range.</exception>
    public static void Check(SessionOptions options)
    {
        var problems = new List<string>();
        var sandbox = options.Sandbox;
        if (sandbox.IdleTimeout < TimeSpan.FromSeconds(1) && sandbox.IdleTimeout != Timeout.InfiniteTimeSpan)
            problems.Add($"IdleTimeout is {sandbox.IdleTimeout}; the least is 1 second, Timeout.InfiniteTimeSpan means never");
        if (sandbox.Limits.Processes < 16) problems.Add($"Limits.Processes is {sandbox.Limits.Processes}; the least is 16");
        if (sandbox.Limits.OpenFiles < 64) problems.Add($"Limits.OpenFiles is {sandbox.Limits.OpenFiles}; the least is 64");
        if (sandbox.Limits.TmpBytes < 1 << 20) problems.Add($"Limits.TmpBytes is {sandbox.Limits.TmpBytes}; the least is 1048576 (1 MiB)");
        if (sandbox.Limits.MemoryBytes < 64 << 20) problems.Add($"Limits.MemoryBytes is {sandbox.Limits.MemoryBytes}; the least is 67108864 (64 MiB), null means the default");
        var retention = sandbox.Retention;
        if (retention.MaxBytesPerExecution < 1 << 20) problems.Add($"Retention.MaxBytesPerExecution is {retention.MaxBytesPerExecution}; the least is 1048576 (1 MiB)");
        if (retention.MaxBytes < 1 << 20) problems.Add($"Retention.MaxBytes is {retention.MaxBytes}; the least is 1048576 (1 MiB)");
        if (retention.MaxCount < 1) problems.Add($"Retention.MaxCount is {retention.MaxCount}; the least is 1");
        if (retention.MaxAge < TimeSpan.Zero) problems.Add($"Retention.MaxAge is {retention.MaxAge}; it cannot be negative, null means for ever");
        foreach (var (name, value) in sandbox.Environment)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAny('=', '\0')) problems.Add($"'{name.Replace('\0', '?')}' is not a name for an environment variable");
            else if (value.Contains('\0', StringComparison.Ordinal)) problems.Add($"the environment variable '{name}' contains a NUL character");
        }
        if (options.Agent.MaxTurns < 1) problems.Add($"Agent.MaxTurns is {options.Agent.MaxTurns}; the least is 1");
        if (options.Agent.TokenBudget < 1) problems.Add($"Agent.TokenBudget is {options.Agent.TokenBudget}; the least is 1");
        if (sandbox.Network is { Policy: NetworkPolicy.None, Allow.Count: > 0 }) problems.Add("Network.Allow names hosts, and Network.Policy is none; set it to allow");
        foreach (var entry in sandbox.Network.Allow)
        {
            if (!HostRule.TryParse(entry, out var rule, out var problem)) problems.Add($"Network.Allow: '{Text.Clean(entry)}' {problem}");
            else if (rule!.IsWildcardAlone) problems.Add($"Network.Allow: '{entry}' is a wildcard alone; a list of names is needed, such as example.org or *.example.org");
        }
        if (string.IsNullOrWhiteSpace(options.Agent.Name)) problems.Add("Agent.Name is empty");
        if (problems.Count > 0) throw new ArgumentException($"The session's options cannot be used: {string.Join("; ", problems)}.", nameof(options));
    }
}
