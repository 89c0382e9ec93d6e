namespace Stateroom;

/// <summary>A position in the output of an exec: how much of each stream a reader has.</summary>
/// <param name="Stdout">Bytes of standard output, at least 0.</param>
/// <param name="Stderr">Bytes of standard error, at least 0.</param>
public readonly record struct OutputOffsets(long Stdout, long Stderr);
