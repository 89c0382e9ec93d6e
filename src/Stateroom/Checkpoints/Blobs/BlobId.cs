using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Stateroom.Checkpoints.Blobs;

/// <summary>What names a blob: the SHA-256 of its bytes (FIPS 180-4), so that equal content is stored once and damage is seen. The default stands for no content.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct BlobId(ulong A, ulong B, ulong C, ulong D)
{
    public const int Size = SHA256.HashSizeInBytes;

    public bool IsNone => this == default;

    public static BlobId Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(content, hash);
        return Read(hash);
    }

    public static BlobId Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<BlobId>(bytes);

    public void Write(Span<byte> bytes) => MemoryMarshal.Write(bytes, this);

    /// <summary>Its bytes in hexadecimal.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public static bool TryParse(string? text, out BlobId id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isHash = text?.Length == 2 * Size && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        id = isHash ? Read(bytes) : default;
        return isHash;
    }
}
