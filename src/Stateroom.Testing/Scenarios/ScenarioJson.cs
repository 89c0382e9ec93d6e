using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom.Testing;

internal static class ScenarioJson
{
    // By reflection: the source generator would drop the defaults of members that a file leaves out.
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectNullableAnnotations = true,
    };
}
