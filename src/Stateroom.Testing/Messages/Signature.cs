using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Stateroom.Testing.Messages;

/// <summary>The signature of a thinking block: here a hash of its text, which is enough to see that a client sends it back as it was.</summary>
internal static class Signature
{
    public static string Of(string thinking) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(thinking)));

    public static bool IsValid(JsonElement block) =>
        block.TryGetProperty("thinking", out var thinking) && thinking.ValueKind == JsonValueKind.String
        && block.TryGetProperty("signature", out var signature) && signature.ValueKind == JsonValueKind.String
        && signature.GetString() == Of(thinking.GetString()!);
}
