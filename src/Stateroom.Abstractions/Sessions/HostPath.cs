namespace Stateroom;

/// <summary>An absolute path on the host that runs the sandboxes. It means nothing on any other machine, nor inside a room.</summary>
/// <param name="Value">The path, absolute and without a trailing slash.</param>
public readonly record struct HostPath(string Value)
{
    /// <summary>The path.</summary>
    public override string ToString() => Value;

    /// <summary>The path.</summary>
    /// <param name="path">The host path.</param>
    public static implicit operator string(HostPath path) => path.Value;
}
