using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom.Sessions;

/// <summary>How a session's metadata is written.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(SessionRecord))]
[JsonSerializable(typeof(AgentOptions))]
[JsonSerializable(typeof(SandboxOptions))]
[JsonSerializable(typeof(SessionMessage))]
[JsonSerializable(typeof(HistoryEntry))]
[JsonSerializable(typeof(NetworkDecision))]
internal sealed partial class SessionJson : JsonSerializerContext
{
    /// <summary>session.json: indented, for people too.</summary>
    public static SessionJson Pretty { get; } = new(Create(indented: true));

    /// <summary>One line.</summary>
    public static SessionJson Line { get; } = new(Create(indented: false));

    /// <summary>The files are not HTML: text stays readable.</summary>
    public static JsonWriterOptions Writer { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static JsonSerializerOptions Create(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = indented,
        Converters = { new SessionStateConverter() },
    };
}
