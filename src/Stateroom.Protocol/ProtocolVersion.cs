namespace Stateroom.Protocol;

/// <summary>The version of what host and guest say to each other. A connection whose two ends differ is refused by the guest.</summary>
public static class ProtocolVersion
{
    /// <summary>The version that this build speaks. It rises with every change that an older end would misread.</summary>
    public const ushort Current = 3;

    /// <summary>First four bytes of a <see cref="FrameType.Hello"/>: "STRM" in little-endian order.</summary>
    public const uint Magic = 0x4D52_5453;
}
