namespace Stateroom.Tests;

/// <summary>How long a test waits for what should happen at once. Only a failing test ever waits that long.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
}
