namespace Stateroom.Checkpoints.Blobs;

/// <summary>Something of a checkpoint is missing or is not what was written.</summary>
/// <param name="message">What, and where.</param>
internal sealed class CheckpointDamagedException(string message) : StateroomException("checkpoint_damaged", message)
{
    /// <summary>The path in the workspace that cannot be had; null where none is known.</summary>
    public string? Path { get; init; }
}
