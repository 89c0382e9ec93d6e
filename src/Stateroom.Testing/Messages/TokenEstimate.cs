using System.Text.Json;

namespace Stateroom.Testing.Messages;

/// <summary>Token counts by size: a token for every four characters of JSON, rounded up. An estimate, steady from run to run.</summary>
internal static class TokenEstimate
{
    public static int Of(string text) => (text.Length + 3) / 4;

    public static int Of(JsonElement body, params ReadOnlySpan<string> members)
    {
        var length = 0;
        foreach (var member in members)
            if (body.TryGetProperty(member, out var value))
                length += value.GetRawText().Length;
        return (length + 3) / 4;
    }
}
